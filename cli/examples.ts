/** Lines for `--help`, by command: each can be typed as it stands on the local stack. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  login: [
    'login --email master@xpory.local',
    'login --email master@xpory.local --password-stdin < secret',
  ],
  'wl list': ['wl list', "wl list --json | jq -r '.items[].id'"],
  'wl update': ['wl update wl-importer --stage pilot', 'wl update wl-exporter --status paused'],
  'policy set': ['policy set wl-exporter --export off', 'policy set wl-exporter --delay 3600'],
  'relationship set': [
    'relationship set wl-exporter wl-importer --limit 250000 --fx 1.05',
    'relationship set wl-exporter wl-importer --status paused --yes',
    'relationship set wl-exporter wl-importer --export-policy policy.json',
  ],
  'relationship confirm': ['relationship changes --state pending', 'relationship confirm CHANGE'],
  'trade list': [
    'trade list --status rejected --reason LIMIT_EXCEEDED',
    'trade list --wl wl-importer --parked true',
    'trade list --all --json > trades.json',
  ],
  'trade evidence': ['trade evidence TRADE -o bundle.json', 'verify bundle.json'],
  'trade explain': ['trade explain TRADE', 'trade explain TRADE --json | jq .change'],
  'trade film': ['trade film TRADE', 'trade film TRADE --download film.json'],
  'trade replay': [
    'trade replay TRADE',
    'trade replay TRADE --workflow reversal/TRADE',
    'trade replay --file history.json --json',
  ],
  'trade attention': ['trade attention --kind parked', 'trade attention --text "café"'],
  'trade retry': ['trade retry TRADE --reason "the exporter is back"'],
  'trade resolve': [
    'trade resolve TRADE compensated --reason "the exporter has sold nothing"',
    'trade confirm TRADE --reason "agreed with the exporter by phone"',
  ],
  'trade reverse': ['trade reverse TRADE --reason "sold in error" --yes'],
  'approval approve': ['approval list', 'approval approve TRADE --yes'],
  'signal create': ['signal create disable wl-exporter wl-importer --reason "over the limit"'],
  'signal redrive': [
    'signal redrive --wl wl-importer --since 2026-01-01T00:00:00Z --dry-run',
    'signal redrive SIGNAL --yes',
  ],
  balance: ['balance --wl wl-exporter', 'balance --as-of 2026-01-01T00:00:00Z --csv'],
  whatif: [
    'whatif wl-exporter wl-importer --since 2026-01-01T00:00:00Z --limit 250000',
    'whatif wl-exporter wl-importer --since 2026-01-01T00:00:00Z --fx 1.05 --velocity none',
    'whatif --since 2026-01-01T00:00:00Z --export-policy policy.json',
  ],
  'settlement create': ['settlement create wl-exporter wl-importer 1500.00 --note "January"'],
  'settlement statement': [
    'settlement statement wl-exporter wl-importer --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z',
  ],
  'key revoke': ['key list', 'key revoke KID --wl wl-importer'],
  'audit list': ['audit list --action settlement.confirmed', 'audit list --actor PERSON --all'],
  'audit verify': ['audit verify', 'audit verify --remote'],
  doctor: ['doctor', 'doctor --json | jq ".lines[] | select(.state != \\"ok\\")"'],
  'stack start': ['stack start', 'stack start --data-dir .data-2'],
  completion: ['completion bash > ~/.local/share/bash-completion/completions/xwl'],
};

export function exampleOf(path: string): readonly string[] {
  return EXAMPLES[path] ?? [];
}

/** The commands that have examples; each must exist. */
export const EXAMPLE_PATHS: readonly string[] = Object.keys(EXAMPLES);
