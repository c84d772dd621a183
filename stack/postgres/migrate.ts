import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import { migrate } from '../../db/migrator.ts';
import { WL_MIGRATIONS } from '../../db/wl/migrations.ts';
import { withSecretFiles } from '../../runtime/environment.ts';

/** `node stack/postgres/migrate.ts cp|wl` with DATABASE_URL or DATABASE_URL_FILE: for deployments; `npm start` does it itself. */

const FOLDERS: Readonly<Record<string, string>> = { cp: CP_MIGRATIONS, wl: WL_MIGRATIONS };

const folder = FOLDERS[process.argv[2] ?? ''];
const url = withSecretFiles(process.env).values['DATABASE_URL'] ?? '';
if (folder === undefined || url === '') {
  process.stderr.write('usage: DATABASE_URL=postgres://… node stack/postgres/migrate.ts cp|wl\n');
  process.exit(2);
}
const applied = await migrate(url, folder);
process.stdout.write(applied.length === 0 ? 'nothing to apply\n' : `${applied.join('\n')}\n`);
