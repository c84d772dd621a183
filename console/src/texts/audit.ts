import { defineTexts } from './texts.ts';

export const auditTexts = defineTexts('audit', {
  title: { 'pt-BR': 'Auditoria', en: 'Audit' },
  lead: {
    'pt-BR': 'Toda mudança, quem a fez e o que mudou, numa corrente que mostra se alguém mexeu.',
    en: 'Every change, who made it and what changed, in a chain that shows tampering.',
  },
  seq: { 'pt-BR': 'Nº', en: 'No.' },
  at: { 'pt-BR': 'Quando', en: 'When' },
  actor: { 'pt-BR': 'Quem', en: 'Who' },
  action: { 'pt-BR': 'Ação', en: 'Action' },
  subject: { 'pt-BR': 'Assunto', en: 'Subject' },
  change: { 'pt-BR': 'Mudança', en: 'Change' },
  show: { 'pt-BR': 'Antes e depois', en: 'Before and after' },
  before: { 'pt-BR': 'Antes', en: 'Before' },
  after: { 'pt-BR': 'Depois', en: 'After' },
  hash: { 'pt-BR': 'Resumo da linha', en: 'Hash of the row' },
  correlation: { 'pt-BR': 'Correlação', en: 'Correlation' },
  exact: { 'pt-BR': 'Exatamente como escrito', en: 'Exactly as written' },
  verify: { 'pt-BR': 'Verificar a corrente', en: 'Verify the chain' },
  whole: { 'pt-BR': 'A corrente está inteira', en: 'The chain is whole' },
  broken: { 'pt-BR': 'A corrente está rompida', en: 'The chain is broken' },
  scanned: {
    'pt-BR': '{{rows}} linhas conferidas até a nº {{head}}; {{met}} cabeças assinadas conferem.',
    en: '{{rows}} rows checked up to no. {{head}}; {{met}} signed heads agree.',
  },
  brokenAt: {
    'pt-BR': 'Rompida na linha nº {{seq}}: {{problem}}.',
    en: 'Broken at row no. {{seq}}: {{problem}}.',
  },
  forged: {
    'pt-BR': 'Cabeças assinadas que não conferem: {{seqs}}.',
    en: 'Signed heads that do not agree: {{seqs}}.',
  },
  nothing: { 'pt-BR': 'Nenhuma linha com estes filtros.', en: 'No row with these filters.' },
});
