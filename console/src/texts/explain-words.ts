/**
 * What the console and `xwl` say around an explanation, both languages side by side. Without the
 * browser's library, so that a terminal can read it.
 */
export const EXPLAIN_WORDS = {
  title: { 'pt-BR': 'Por que foi recusada', en: 'Why it was refused' },
  lead: {
    'pt-BR': 'Decidido de novo pelas mesmas regras, com o que foi registrado na hora.',
    en: 'Decided again by the same rules, with what was recorded at the time.',
  },
  back: { 'pt-BR': 'Voltar à negociação', en: 'Back to the trade' },
  notRefused: {
    'pt-BR': 'Esta compra não foi recusada: {{state}}.',
    en: 'This purchase was not refused: {{state}}.',
  },
  decided: { 'pt-BR': 'A decisão', en: 'The decision' },
  code: { 'pt-BR': 'Código', en: 'Code' },
  by: { 'pt-BR': 'Quem decidiu', en: 'Who decided' },
  importer: { 'pt-BR': 'Importadora', en: 'Importer' },
  exporter: { 'pt-BR': 'Exportadora', en: 'Exporter' },
  buyer: { 'pt-BR': 'Comprador', en: 'Buyer' },
  'control-plane': { 'pt-BR': 'Control Plane', en: 'Control Plane' },
  step: { 'pt-BR': 'Etapa', en: 'Step' },
  at: { 'pt-BR': 'Quando', en: 'When' },
  rule: { 'pt-BR': 'Regra', en: 'Rule' },
  policyRevision: { 'pt-BR': 'Revisão da política', en: 'Policy revision' },
  relationshipRevision: { 'pt-BR': 'Revisão do relacionamento', en: 'Relationship revision' },
  inputs: { 'pt-BR': 'O que a regra olhou', en: 'What the rule looked at' },
  name: { 'pt-BR': 'Nome', en: 'Name' },
  value: { 'pt-BR': 'Valor', en: 'Value' },
  change: {
    'pt-BR': 'A menor mudança que teria confirmado',
    en: 'The smallest change that would have confirmed it',
  },
  after: { 'pt-BR': 'E depois dela', en: 'And after it' },
  who: { 'pt-BR': 'Quem pode fazer: {{party}}', en: 'Who can make it: {{party}}' },
  proven: {
    'pt-BR': 'Provado: {{name}} decide a favor com a mudança.',
    en: 'Proven: {{name}} decides in favour with the change.',
  },
  alternatives: { 'pt-BR': 'Outras saídas', en: 'Other ways out' },
  whyNot: { 'pt-BR': 'Nenhuma mudança ajudaria', en: 'No change would have helped' },
  trade: { 'pt-BR': 'Negociação', en: 'Trade' },
  state: { 'pt-BR': 'Estado', en: 'State' },
  refused: { 'pt-BR': 'Recusada', en: 'Refused' },
  yes: { 'pt-BR': 'sim', en: 'yes' },
  no: { 'pt-BR': 'não', en: 'no' },
  smallest: { 'pt-BR': 'Menor mudança', en: 'Smallest change' },
  or: { 'pt-BR': 'Ou', en: 'Or' },
} as const satisfies Readonly<Record<string, Readonly<Record<'pt-BR' | 'en', string>>>>;
