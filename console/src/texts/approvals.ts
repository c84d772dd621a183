import { defineTexts } from './texts.ts';

export const approvalTexts = defineTexts('approvals', {
  title: { 'pt-BR': 'Aprovações', en: 'Approvals' },
  lead: {
    'pt-BR': 'Compras que esperam uma pessoa na exportadora, a mais antiga primeiro.',
    en: 'Purchases that wait for a person at their exporter, the oldest first.',
  },
  pending: {
    'pt-BR': { one: '{{count}} pendente', other: '{{count}} pendentes' },
    en: { one: '{{count}} pending', other: '{{count}} pending' },
  },
  nothing: { 'pt-BR': 'Nenhuma compra espera aprovação.', en: 'No purchase waits for approval.' },
  offer: { 'pt-BR': 'Oferta', en: 'Offer' },
  way: { 'pt-BR': 'Exportadora → importadora', en: 'Exporter → importer' },
  buyer: { 'pt-BR': 'Comprador', en: 'Buyer' },
  amount: { 'pt-BR': 'Valor', en: 'Amount' },
  since: { 'pt-BR': 'Espera desde', en: 'Waiting since' },
  deadline: { 'pt-BR': 'Prazo', en: 'Deadline' },
  left: { 'pt-BR': 'faltam {{time}}', en: '{{time}} left' },
  over: { 'pt-BR': 'vencido', en: 'over' },
  noDeadline: { 'pt-BR': 'sem prazo conhecido', en: 'no deadline known' },
  decision: { 'pt-BR': 'Decisão', en: 'Decision' },
  exporter: { 'pt-BR': 'Exportadora', en: 'Exporter' },
  every: { 'pt-BR': 'Todas', en: 'Any' },
  approve: { 'pt-BR': 'Aprovar', en: 'Approve' },
  approveOf: { 'pt-BR': 'Aprovar {{title}}', en: 'Approve {{title}}' },
  approveTitle: { 'pt-BR': 'Aprovar a compra?', en: 'Approve the purchase?' },
  approveDoes: {
    'pt-BR':
      'Aprova 1 compra: {{quantity}} × {{title}}, {{amount}}. A exportadora entrega, o comprador paga e a exposição do par sobe. Só um estorno desfaz.',
    en: 'Approves 1 purchase: {{quantity}} × {{title}}, {{amount}}. The exporter delivers, the buyer pays and the pair’s exposure rises. Only a reversal undoes it.',
  },
  reject: { 'pt-BR': 'Rejeitar', en: 'Reject' },
  rejectOf: { 'pt-BR': 'Rejeitar {{title}}', en: 'Reject {{title}}' },
  rejectTitle: { 'pt-BR': 'Rejeitar a compra?', en: 'Reject the purchase?' },
  rejectDoes: {
    'pt-BR':
      'Rejeita 1 compra: {{quantity}} × {{title}}, {{amount}}. O comprador recebe o dinheiro de volta. Não há volta.',
    en: 'Rejects 1 purchase: {{quantity}} × {{title}}, {{amount}}. The buyer is refunded. There is no way back.',
  },
  APPROVE: { 'pt-BR': 'Aprovada', en: 'Approved' },
  REJECT: { 'pt-BR': 'Rejeitada', en: 'Rejected' },
  carried: {
    'pt-BR': '{{decision}} por {{person}}, a caminho da exportadora',
    en: '{{decision}} by {{person}}, on its way to the exporter',
  },
  sent: {
    'pt-BR': '{{title}}: {{decision}}, a caminho da exportadora.',
    en: '{{title}}: {{decision}}, on its way to the exporter.',
  },
  first: { 'pt-BR': 'Outra pessoa decidiu antes', en: 'Somebody else decided first' },
  firstDoes: {
    'pt-BR': '{{title}}: {{decision}} por {{person}}, {{at}}. A primeira decisão vale.',
    en: '{{title}}: {{decision}} by {{person}}, {{at}}. The first decision counts.',
  },
  late: { 'pt-BR': 'Já decidida', en: 'Decided already' },
  lateDoes: {
    'pt-BR': '{{title}}: já está {{status}} na exportadora. Nada foi feito.',
    en: '{{title}}: it is {{status}} at the exporter already. Nothing was done.',
  },
  you: { 'pt-BR': 'você', en: 'you' },
});
