import { fileURLToPath } from 'node:url';

/** The folder of the WL database's migrations. */
export const WL_MIGRATIONS = fileURLToPath(new URL('./migrations/', import.meta.url));
