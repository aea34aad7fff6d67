/* Loaded into the NFS server under test: it insists on registering NFSv3 with a portmapper, and the machine's own is none
   of a test's business. Clients are told the ports. */
int rpcb_set(void) { return 1; }
int rpcb_unset(void) { return 1; }
