/**
 * The language of a terminal, by POSIX's order of variables: sentences that the Control Plane has in
 * both languages, such as those of an explanation, come in this one.
 */
export function languageOf(env: Readonly<Record<string, string | undefined>>): 'pt-BR' | 'en' {
  const said = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((one) => (one ?? '') !== '');
  return /^pt(?:[_.@-]|$)/i.test(said ?? '') ? 'pt-BR' : 'en';
}
