/** Longest time that a call may wait. Many hosts and proxies end a request after 60 s. */
export const MAX_WAIT_SECONDS = 55;
