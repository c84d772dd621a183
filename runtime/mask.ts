/**
 * Masks personal data and credentials in whatever is about to leave the process as text
 * (DESIGN.md 4, PII). A form that is already masked, such as `qa***@xpory.local`, stays as it is.
 */

export const REDACTED = '[redacted]';

// Keys whose whole value goes, wherever they stand.
const SECRET_KEY = new RegExp(
  [
    'authorization|cookie|passw(or)?d|secret|token|api[-_]?key|private[-_]?key',
    'senha|credential|client[-_]?secret|pix|cart[aã]o|card[-_]?number|cvv',
    'e[-_]?mail|phone|telefone|celular|whatsapp|cpf|cnpj|^rg$|passport|birth|nascimento',
    'full[-_]?name|first[-_]?name|last[-_]?name|buyer[-_]?name|nome|sobrenome|endere[cç]o',
  ].join('|'),
  'i',
);
const MAX_DEPTH = 8;
// A log line is for reading; and however patterns are written, their cost grows with the text.
const MAX_CHARACTERS = 8_192;

// A pattern with an open end may only start where a run of its letters starts: tried at every
// letter of a long run it would cost the square of its length.
const RULES: readonly (readonly [RegExp, string | ((match: string) => string)])[] = [
  // Credentials first: a password inside a URL would otherwise look like an e-mail.
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]+@/gi, '$1***@'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 ***'],
  [/\bwhsec_[\w+/=-]+/g, '***secret***'],
  [
    /\b(\w{0,20}(?:token|senha|password|passwd|secret|api[-_]?key))(\\{0,3}"?\s{0,3}[:=]\s{0,3}\\{0,3}"?)(?!\*\*\*)[^\s"'&,;}\\]+/gi,
    '$1$2***',
  ],
  // A key of PIX may be any UUID, so the word before it tells; its payment code tells itself.
  [/\b((?:chave\s{1,3})?pix(?:\s{1,3}(?:key|chave))?\s{0,3}[:=]\s{0,3})[^\s"'&,;}]+/gi, '$1***'],
  [/(?<!\d)000201\d{6,10}br\.gov\.bcb\.pix.*/gi, '***pix***'],
  // PostgreSQL quotes rows and parameters in its errors, where names stand beside the addresses.
  [/(\bKey \([^)]{0,200}\)=\().*?(\)(?= (?:already|is|conflicts)|$))/g, '$1***$2'],
  [/(\bFailing row contains \().*$/gm, '$1***)'],
  [/(\$\d{1,3} = )'(?:[^']|'')*'/g, "$1'***'"],
  [/(\binvalid input (?:syntax|value) for [\w ]{1,30}: )\\{0,3}"[^"\\]*\\{0,3}"/g, '$1***'],
  [/(?<![\w-])eyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, '***jwt***'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '***key***'],
  [
    /(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}._%+'-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/giu,
    maskEmail,
  ],
  // RG with its points or its word, CNPJ with letters (from 2026 on), PIS, grouped card numbers.
  [/(?<![\w.-])\d{1,2}\.\d{3}\.\d{3}-[\dXx](?![\w-])/g, '**rg**'],
  [/\b(RG:?\s{1,3}(?:n[º°o.]{0,2}\s{0,3})?)[\d.-]{5,14}[\dXx]/g, '$1**rg**'],
  [/(?<![\w.-])[\dA-Z]{2}\.[\dA-Z]{3}\.[\dA-Z]{3}\/[\dA-Z]{4}-\d{2}(?![\w-])/g, '**cnpj**'],
  [/(?<![\w.-])\d{3}\.\d{5}\.\d{2}-\d(?![\w-])/g, '**pis**'],
  [/(?<![\w.-])[3-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{4}(?![\w-]|\.\d)/g, '**card**'],
  // CNPJ and CPF, punctuated or bare, then phones with and without country and area code.
  [/(?<![\w.-])\d{2}\.?\d{3}\.?\d{3}\/?\d{4}-?\d{2}(?![\w-]|\.\d)/g, '**cnpj**'],
  [/(?<![\w.-])\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?![\w-]|\.\d)/g, '**cpf**'],
  [
    /(?<![\w.-])(?:\+|00)?55[\s.-]?\(?0?[1-9][1-9]\)?[\s.-]?9?\d{4}[\s.-]?\d{4}(?![\w-]|\.\d)/g,
    '**phone**',
  ],
  [/(?<![\w.-])\(?0?[1-9][1-9]\)?[\s.-]?9?[2-9]\d{3}[\s.-]?\d{4}(?![\w-]|\.\d)/g, '**phone**'],
  [/(?<![\w.-])9\d{4}[\s.-]\d{4}(?![\w-]|\.\d)/g, '**phone**'],
  // As a URL or a form writes them, with a gap behind the nine, and those of other countries.
  [
    /(?:%2B|\+)55(?:[\s.+()-]|%20|%28|%29){0,4}(?:\d(?:[\s.+()-]|%20|%28|%29){0,3}){9,11}\d?/gi,
    '**phone**',
  ],
  [/(?<![\w.-])\(?0?[1-9][1-9]\)?[\s.-]9[\s.-]\d{4}[\s.-]?\d{4}(?![\w-]|\.\d)/g, '**phone**'],
  [/(?<![\w.])\+[1-9](?:[\s().-]{0,2}\d){8,14}(?!\w)/g, '**phone**'],
];

/** Two letters and the domain stay, so that support can still recognise whom it is talking to. */
export function maskEmail(email: string): string {
  const at = email.search(/@|%40/i);
  if (at < 0) return '***';
  return `${email.slice(0, 2)}***${email.slice(at)}`;
}

/** Masks e-mails, Brazilian phones and documents, tokens and keys inside free text. */
export function maskText(text: string): string {
  const bounded = text.length > MAX_CHARACTERS ? cut(text) : text;
  return RULES.reduce(
    (masked, [pattern, mask]) =>
      typeof mask === 'string' ? masked.replace(pattern, mask) : masked.replace(pattern, mask),
    bounded,
  );
}

// Cut between words: half an e-mail would no longer be known for one.
function cut(text: string): string {
  const start = text.slice(0, MAX_CHARACTERS);
  return `${start.slice(0, Math.max(start.lastIndexOf(' '), start.lastIndexOf('\n'), 0))}…`;
}

/** Masks a JSON value: secret keys lose their value, every other string is masked as text. */
export function maskJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return maskText(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth >= MAX_DEPTH) return REDACTED;
  if (Array.isArray(value)) return value.map((item) => maskJson(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      maskText(key),
      SECRET_KEY.test(key) && member !== null ? REDACTED : maskJson(member, depth + 1),
    ]),
  );
}
