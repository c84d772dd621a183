/** Everything of a WL that no buyer waits for runs on this queue, in `wl-worker`. */
export const BACKGROUND_QUEUE = 'background';
