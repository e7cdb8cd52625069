"""Runs operations on a store with the Python reference; one JSON request a line in, one JSON answer a line out."""

import base64
import contextlib
import json
import sys

from borgstore.store import Store


def listing(store, namespace, deleted):
    items = []
    for info in store.list(namespace, deleted=deleted):
        items.append([info.name, info.size])
    return items


def run(store, request):
    operation, name = request["operation"], request.get("name")
    deleted = request.get("deleted", False)
    if operation == "create":
        store.create()
    elif operation == "destroy":
        store.destroy()
    elif operation == "open":
        store.open()
    elif operation == "close":
        store.close()
    elif operation == "store":
        store.store(name, base64.b64decode(request["value"]))
    elif operation == "load":
        return base64.b64encode(store.load(name, deleted=deleted)).decode()
    elif operation == "delete":
        store.delete(name, deleted=deleted)
    elif operation == "softDelete":
        store.move(name, delete=True)
    elif operation == "undelete":
        store.move(name, undelete=True)
    elif operation == "changeLevel":
        store.move(name, change_level=True)
    elif operation == "move":
        store.move(name, request["newName"])
    elif operation == "hash":
        return store.hash(name, "sha256", deleted=deleted)
    elif operation == "list":
        return listing(store, name, deleted)
    elif operation == "info":
        info = store.info(name, deleted=deleted)
        return {"exists": info.exists, "size": info.size}
    elif operation == "mkdir":
        store.backend.mkdir(name)
    elif operation == "rmdir":
        store.backend.rmdir(name)
    elif operation == "quota":
        return store.quota()
    else:
        raise ValueError(operation)
    return None


def main():
    setup = json.loads(sys.stdin.readline())
    config = {namespace: {"levels": options["levels"]} for namespace, options in setup["config"].items()}
    if setup.get("quota") is not None:
        from borgstore.backends.posixfs import PosixFS

        store = Store(backend=PosixFS(path=setup["path"], quota=setup["quota"]), config=config)
    else:
        store = Store(setup["url"], config=config)
    for line in sys.stdin:
        try:
            answer = {"result": run(store, json.loads(line))}
        except Exception as error:
            answer = {"error": type(error).__name__, "message": str(error)}
        print(json.dumps(answer), flush=True)
    # What a failed test left open: the server that some backends start would outlive this process.
    with contextlib.suppress(Exception):
        store.close()


main()
