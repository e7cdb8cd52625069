/** What a ceph.conf depends on. */
export interface CephConfig {
  /** The cluster's id, a UUID. */
  readonly clusterId: string;
  readonly monitorPort: number;
  /** Most bytes of objects. */
  readonly memoryBytes: number;
}

/**
 * Where object stores listen, several ports each: below the ports of outgoing connections, and above those of
 * `onFreePort`. An object store that finds one of them taken goes on to the next.
 */
const objectStorePorts = { first: 32_000, last: 32_767 };

/** How clients reach the monitor. */
export function monitorAddress(port: number): string {
  return `[v2:127.0.0.1:${port}]`;
}

/** Where the servers keep their files, below the working directory. */
export const cephFolders = { monitor: "monitor", objectStore: "object-store", gateway: "gateway" } as const;

/**
 * The text of a ceph.conf for one monitor, one object store in memory and one gateway, all on 127.0.0.1 and without
 * logins among each other. They share a working directory.
 */
export function cephConfig({ clusterId, monitorPort, memoryBytes }: CephConfig): string {
  return [
    "[global]",
    `fsid = ${clusterId}`,
    `mon_host = ${monitorAddress(monitorPort)}`,
    "mon_initial_members = a",
    "auth_cluster_required = none",
    "auth_service_required = none",
    "auth_client_required = none",
    // Encryption towards the monitor, which is the default, needs logins.
    "ms_mon_client_mode = crc",
    "public_addr = 127.0.0.1",
    "cluster_addr = 127.0.0.1",
    "ms_bind_ipv6 = false",
    "ms_bind_msgr1 = false",
    `ms_bind_port_min = ${objectStorePorts.first}`,
    `ms_bind_port_max = ${objectStorePorts.last}`,
    // Nothing outside the directory; no sockets in it, whose paths may be no longer than some 100 bytes.
    "run_dir = .",
    "crash_dir = .",
    "admin_socket =",
    "pid_file =",
    "log_file =",
    "log_to_stderr = true",
    // One object store has no other to copy to.
    "osd_pool_default_size = 1",
    "osd_pool_default_min_size = 1",
    "osd_crush_chooseleaf_type = 0",
    "mon_allow_pool_size_one = true",
    // What makes pools quick to create.
    "osd_pool_default_pg_num = 1",
    "osd_pool_default_pgp_num = 1",
    "osd_pool_default_pg_autoscale_mode = off",
    "rgw_rados_pool_pg_num_min = 1",
    "paxos_propose_interval = 0.01",
    "paxos_min_wait = 0.001",
    "[mon]",
    `mon_data = ${cephFolders.monitor}`,
    // Percent. With the default of 5 the monitor ends by itself on a disk that is nearly full.
    "mon_data_avail_warn = 1",
    "mon_data_avail_crit = 1",
    "[osd]",
    `osd_data = ${cephFolders.objectStore}`,
    "osd_objectstore = memstore",
    `memstore_device_bytes = ${memoryBytes}`,
    "osd_class_update_on_start = false",
    // Or the log of changes takes more memory than the objects.
    "osd_min_pg_log_entries = 100",
    "osd_max_pg_log_entries = 200",
    "osd_pg_log_trim_min = 50",
    // Seconds. A gateway confirms each change to users and buckets of another one; one that was killed is waited for.
    "osd_client_watch_timeout = 1",
    "[client]",
    // Seconds. How often a gateway shows that it is still there.
    "objecter_tick_interval = 0.2",
    `rgw_data = ${cephFolders.gateway}`,
    "rgw_enable_usage_log = false",
    "rgw_thread_pool_size = 64",
    // Seconds. What is deleted gives its memory back soon, not after hours.
    "rgw_gc_obj_min_wait = 5",
    "rgw_gc_processor_period = 10",
    "rgw_gc_processor_max_time = 10",
    "",
  ].join("\n");
}
