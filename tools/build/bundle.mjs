// The second half of a package's build, run in its directory when tsc has written the declarations: one JavaScript file
// for each entry of the package, because an import spends most of its time on the number of files. With the path of a
// directory as its argument it writes there, and leaves `dist` alone.
import { bundlePackage, writeBundle } from "./bundle-package.mjs";

const [elsewhere] = process.argv.slice(2);
if (elsewhere === undefined) await bundlePackage(process.cwd());
else await writeBundle(process.cwd(), elsewhere);
