import { fileURLToPath } from 'node:url';

/** The folder of the Control Plane database's migrations. */
export const CP_MIGRATIONS = fileURLToPath(new URL('./migrations/', import.meta.url));
