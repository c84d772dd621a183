import { defineTexts } from './texts.ts';

export const filmTexts = defineTexts('film', {
  title: { 'pt-BR': 'Filme da negociação', en: 'Film of the trade' },
  lead: {
    'pt-BR': 'As duas partes e o Control Plane em uma linha do tempo.',
    en: 'Both parties and the Control Plane on one timeline.',
  },
  download: { 'pt-BR': 'Baixar o filme', en: 'Download the film' },
  back: { 'pt-BR': 'Voltar à negociação', en: 'Back to the trade' },
  slowest: { 'pt-BR': 'O trecho mais lento', en: 'The slowest hop' },
  slowestIs: {
    'pt-BR': '{{lane}}: {{what}}, {{time}}, {{share}} do tempo até o último passo.',
    en: '{{lane}}: {{what}}, {{time}}, {{share}} of the time until the last move.',
  },
  missing: { 'pt-BR': 'Faltam partes do filme', en: 'Parts of the film are missing' },
  clocks: { 'pt-BR': 'Relógios', en: 'Clocks' },
  clock: {
    'pt-BR': '{{lane}}: {{offset}} em relação ao Control Plane (± {{uncertainty}})',
    en: '{{lane}}: {{offset}} against the Control Plane (± {{uncertainty}})',
  },
  about: { 'pt-BR': 'Negociação', en: 'Trade' },
  offer: { 'pt-BR': 'Oferta', en: 'Offer' },
  status: { 'pt-BR': 'Situação', en: 'Status' },
  fxRate: { 'pt-BR': 'Câmbio', en: 'FX rate' },
  correlations: { 'pt-BR': 'Correlação', en: 'Correlation' },
  timeline: { 'pt-BR': 'Linha do tempo', en: 'Timeline' },
  time: { 'pt-BR': 'Quando', en: 'When' },
  lasted: { 'pt-BR': 'Duração', en: 'Duration' },
  importer: { 'pt-BR': 'Importadora', en: 'Importer' },
  exporter: { 'pt-BR': 'Exportadora', en: 'Exporter' },
  'control-plane': { 'pt-BR': 'Control Plane', en: 'Control Plane' },
  allTokens: {
    'pt-BR': {
      one: 'Mostrar todos os tokens (mais {{count}})',
      other: 'Mostrar todos os tokens (mais {{count}})',
    },
    en: { one: 'Show all tokens ({{count}} more)', other: 'Show all tokens ({{count}} more)' },
  },
  usedTokens: { 'pt-BR': 'Só os tokens usados', en: 'Only the tokens used' },
  AWAY: { 'pt-BR': 'não respondeu.', en: 'gave no answer.' },
  NO_ROW: { 'pt-BR': 'não tem registro desta negociação.', en: 'has no row of this trade.' },
  NO_HISTORY: { 'pt-BR': 'respondeu, mas sem a história.', en: 'answered, but with no history.' },
  ENGINE_AWAY: {
    'pt-BR': 'o motor de workflows não responde: faltam os passos.',
    en: 'its engine does not answer: the steps are missing.',
  },
  state: { 'pt-BR': 'estado', en: 'state' },
  step: { 'pt-BR': 'passo', en: 'step' },
  message: { 'pt-BR': 'mensagem', en: 'message' },
  wait: { 'pt-BR': 'espera', en: 'wait' },
  signal: { 'pt-BR': 'sinal', en: 'signal' },
  event: { 'pt-BR': 'evento', en: 'event' },
  token: { 'pt-BR': 'token', en: 'token' },
  person: { 'pt-BR': 'pessoa', en: 'person' },
});

/** What an entry tells, by its code; `what` is the part that needs no translation. */
export const happenedTexts = defineTexts('happened', {
  move: { 'pt-BR': '{{what}}', en: '{{what}}' },
  workflow: { 'pt-BR': 'workflow: {{name}}', en: 'workflow: {{name}}' },
  start: { 'pt-BR': 'início do workflow', en: 'start of the workflow' },
  reserve: { 'pt-BR': 'preflight na exportadora', en: 'preflight at the exporter' },
  fund: { 'pt-BR': 'dinheiro reservado em suspenso', en: 'money taken into suspense' },
  confirm: { 'pt-BR': 'confirmação na exportadora', en: 'confirm at the exporter' },
  settle: { 'pt-BR': 'lançada nos livros da importadora', en: 'settled in the importer’s books' },
  refund: {
    'pt-BR': 'devolvida nos livros da importadora',
    en: 'refunded in the importer’s books',
  },
  learn: { 'pt-BR': 'perguntado à exportadora o que sabe', en: 'the exporter asked what it knows' },
  cancelHold: { 'pt-BR': 'cancelamento na exportadora', en: 'cancel at the exporter' },
  deliverDecision: {
    'pt-BR': 'decisão entregue à importadora',
    en: 'decision delivered to the importer',
  },
  AWAITING_APPROVAL: {
    'pt-BR': 'espera por uma pessoa na exportadora',
    en: 'waiting for a person at the exporter',
  },
  UNCERTAIN: {
    'pt-BR': 'sem resposta clara da exportadora',
    en: 'without a clear answer of the exporter',
  },
  NEEDS_ATTENTION: { 'pt-BR': 'parada, espera o suporte', en: 'parked, waiting for support' },
  event: { 'pt-BR': 'evento recebido: {{type}}', en: 'event taken in: {{type}}' },
  token: { 'pt-BR': 'token para a parceira', en: 'token for the partner' },
  signal: { 'pt-BR': 'sinal {{action}} do par', en: 'signal {{action}} of the pair' },
  action: { 'pt-BR': 'pedido do suporte: {{what}}', en: 'asked by support: {{what}}' },
  decision: { 'pt-BR': 'decisão: {{decision}}', en: 'decision: {{decision}}' },
  other: { 'pt-BR': '{{what}}', en: '{{what}}' },
});
