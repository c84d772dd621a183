import { defineTexts } from './texts.ts';

export const attentionTexts = defineTexts('attention', {
  title: { 'pt-BR': 'Precisam de alguém', en: 'Needs attention' },
  lead: {
    'pt-BR': 'O dinheiro das compras paradas está em suspenso e seguro; elas seguem tentando.',
    en: 'The money of parked purchases is in suspense and safe; they go on trying.',
  },
  kind: { 'pt-BR': 'Tipo', en: 'Kind' },
  all: { 'pt-BR': 'Tudo ({{count}})', en: 'All ({{count}})' },
  PARKED: { 'pt-BR': 'Paradas ({{count}})', en: 'Parked ({{count}})' },
  MISMATCH: { 'pt-BR': 'Divergências ({{count}})', en: 'Mismatches ({{count}})' },
  QUARANTINED: { 'pt-BR': 'Eventos recusados ({{count}})', en: 'Refused events ({{count}})' },
  search: { 'pt-BR': 'Buscar', en: 'Search' },
  searchHint: { 'pt-BR': 'Id, oferta, vendedor, motivo', en: 'Id, offer, seller, reason' },
  nothing: { 'pt-BR': 'Ninguém precisa de você agora.', en: 'Nobody needs you now.' },
  since: { 'pt-BR': 'Desde {{at}}', en: 'Since {{at}}' },
  from: { 'pt-BR': 'parada em {{state}}', en: 'parked from {{state}}' },
  refused: {
    'pt-BR': { one: 'Evento recusado {{count}} vez', other: 'Evento recusado {{count}} vezes' },
    en: { one: 'Event refused {{count}} time', other: 'Event refused {{count}} times' },
  },
  differ: { 'pt-BR': 'Os lados divergem: {{reason}}', en: 'The sides differ: {{reason}}' },
  UNRESOLVED: {
    'pt-BR': 'Sem resposta clara da exportadora. Tente de novo quando ela voltar.',
    en: 'No clear answer of the exporter. Retry when it is back.',
  },
  TERMS_DIFFER: {
    'pt-BR': 'A exportadora confirma outros termos. Peça que corrija, e tente de novo.',
    en: 'The exporter confirms other terms. Have it corrected, then retry.',
  },
  ANSWER_INVALID: {
    'pt-BR': 'O que a exportadora responde não se entende. Fale com a engenharia dela.',
    en: 'What the exporter answers makes no sense. Ask its engineers.',
  },
  REVERSED_UNEXPECTEDLY: {
    'pt-BR':
      'A exportadora capturou e estornou antes de sabermos. Resolva como compensada, com outra pessoa.',
    en: 'The exporter captured and reversed before we knew. Resolve as compensated, with another person.',
  },
});
