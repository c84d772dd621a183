import type { FindingRule } from '../../../api/http/findings.ts';
import type { RequestCode } from '../../../domain/shared/codes.ts';
import { defineTexts, type Text } from './texts.ts';

/** What is wrong at a field, by the rule that found it; `other` keeps the API's own words. */
const FINDINGS = {
  required: { 'pt-BR': 'Preencha este campo.', en: 'Fill in this field.' },
  unknown: { 'pt-BR': 'Campo desconhecido.', en: 'Unknown field.' },
  type: { 'pt-BR': 'Não é o tipo de valor esperado.', en: 'Not the kind of value expected.' },
  choice: { 'pt-BR': 'Um destes: {{bound}}.', en: 'One of: {{bound}}.' },
  form: { 'pt-BR': 'Não tem a forma esperada.', en: 'Not of the form expected.' },
  least: { 'pt-BR': 'No mínimo {{bound}}.', en: 'At least {{bound}}.' },
  most: { 'pt-BR': 'No máximo {{bound}}.', en: 'At most {{bound}}.' },
  shortest: { 'pt-BR': 'Ao menos {{bound}} caracteres.', en: 'At least {{bound}} characters.' },
  longest: { 'pt-BR': 'No máximo {{bound}} caracteres.', en: 'At most {{bound}} characters.' },
  fewest: { 'pt-BR': 'Ao menos {{bound}} na lista.', en: 'At least {{bound}} in the list.' },
  mostItems: { 'pt-BR': 'No máximo {{bound}} na lista.', en: 'At most {{bound}} in the list.' },
  money: {
    'pt-BR': 'Um valor com ponto e até duas casas, como 100.00.',
    en: 'An amount with at most two decimals, such as 100.00.',
  },
  rate: {
    'pt-BR': 'Uma taxa acima de zero, até oito casas, como 1.23456789.',
    en: 'A rate above zero with at most eight decimals, such as 1.23456789.',
  },
  fraction: {
    'pt-BR': 'De 0 a 1, até oito casas, como 0.05.',
    en: 'From 0 to 1 with at most eight decimals, such as 0.05.',
  },
  address: {
    'pt-BR': 'Endereço não aceito: https, público, sem senha nele.',
    en: 'Address not admitted: https, public, without a password in it.',
  },
  other: { 'pt-BR': '{{message}}', en: '{{message}}' },
} as const satisfies Readonly<Record<FindingRule, Text>>;

export const findingTexts = defineTexts('findings', FINDINGS);

/** What a refused request means, by its code; the API's own detail stands below it. */
const REFUSED = {
  VALIDATION_FAILED: {
    'pt-BR': 'O que foi enviado não é válido.',
    en: 'What was sent is not valid.',
  },
  IDEMPOTENCY_MISSING: {
    'pt-BR': 'Falta a chave de idempotência.',
    en: 'The idempotency key is missing.',
  },
  IDEMPOTENCY_MISMATCH: {
    'pt-BR': 'A mesma chave já foi usada com outro conteúdo.',
    en: 'The same key was used with other words.',
  },
  TOKEN_MISSING: { 'pt-BR': 'Entre de novo.', en: 'Sign in again.' },
  TOKEN_INVALID: { 'pt-BR': 'A sessão não vale mais.', en: 'The session does not count any more.' },
  TOKEN_EXPIRED: { 'pt-BR': 'A sessão expirou.', en: 'The session has expired.' },
  TOKEN_AUDIENCE: { 'pt-BR': 'O token é de outra parte.', en: 'The token is for another party.' },
  TOKEN_SCOPE: { 'pt-BR': 'O token não dá direito a isto.', en: 'The token does not allow this.' },
  TOKEN_BINDING: {
    'pt-BR': 'O token é de outro certificado.',
    en: 'The token is bound to another certificate.',
  },
  CERTIFICATE_REQUIRED: {
    'pt-BR': 'É preciso um certificado válido.',
    en: 'A valid certificate is required.',
  },
  CERTIFICATE_SUBJECT: {
    'pt-BR': 'O certificado é de outra parte.',
    en: 'The certificate names another party.',
  },
  SELF_APPROVAL: {
    'pt-BR': 'Quem compra não aprova a própria compra.',
    en: 'A buyer can not approve its own purchase.',
  },
  SAME_PERSON: {
    'pt-BR': 'Quem pediu não pode confirmar: é preciso outra pessoa.',
    en: 'Who asked can not confirm: another person is needed.',
  },
  FORBIDDEN: { 'pt-BR': 'Sua função não permite isto.', en: 'Your role does not allow this.' },
  NOT_FOUND: { 'pt-BR': 'Não há nada com este nome.', en: 'There is nothing by this name.' },
  CONFLICT: {
    'pt-BR': 'Não cabe no estado atual: algo mudou ou já existe.',
    en: 'It does not fit the present state: something has changed, or exists.',
  },
  PRECONDITION_FAILED: {
    'pt-BR': 'Alguém mudou isto enquanto você editava. Recarregue e confira antes de salvar.',
    en: 'Somebody changed this while you were editing. Reload and look before you save.',
  },
  RATE_LIMITED: {
    'pt-BR': 'Pedidos demais. Espere um momento e tente de novo.',
    en: 'Too many requests. Wait a moment and try again.',
  },
  INTERNAL: {
    'pt-BR': 'Algo falhou do nosso lado. Tente de novo, ou pergunte com a correlação abaixo.',
    en: 'Something failed on our side. Try again, or ask with the correlation below.',
  },
} as const satisfies Readonly<Record<RequestCode, Text>>;

/** Refusals that a console meets as the answer to its own request. */
const AWAY = {
  EXPORTER_UNAVAILABLE: {
    'pt-BR': 'A white label não respondeu.',
    en: 'The white label did not answer.',
  },
  ENGINE_UNAVAILABLE: {
    'pt-BR': 'O motor de workflows não responde agora.',
    en: 'The workflow engine does not answer at the moment.',
  },
} as const;

export const refusedTexts = defineTexts('refused', { ...REFUSED, ...AWAY });
