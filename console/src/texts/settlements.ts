import { defineTexts } from './texts.ts';

export const settlementTexts = defineTexts('settlements', {
  title: { 'pt-BR': 'Acertos', en: 'Settlements' },
  lead: {
    'pt-BR':
      'O que foi pago fora das compras. Uma pessoa registra, outra confirma; só então conta.',
    en: 'What was paid outside of purchases. One person records, another confirms; then it counts.',
  },
  state: { 'pt-BR': 'Estado', en: 'State' },
  src: { 'pt-BR': 'Exportadora (recebe)', en: 'Exporter (is paid)' },
  dst: { 'pt-BR': 'Importadora (paga)', en: 'Importer (pays)' },
  pair: { 'pt-BR': 'Par', en: 'Pair' },
  amount: { 'pt-BR': 'Valor', en: 'Amount' },
  amountHint: {
    'pt-BR': 'Na moeda da exportadora, por exemplo 150.00',
    en: 'In the exporter’s currency, such as 150.00',
  },
  payerAmount: { 'pt-BR': 'Na moeda de quem paga', en: 'In the payer’s currency' },
  note: { 'pt-BR': 'Referência', en: 'Reference' },
  maker: { 'pt-BR': 'Registrado por', en: 'Recorded by' },
  decided: { 'pt-BR': 'Decidido por', en: 'Decided by' },
  sides: { 'pt-BR': 'Aplicado', en: 'Applied' },
  PAYER: { 'pt-BR': 'paga', en: 'pays' },
  PAYEE: { 'pt-BR': 'recebe', en: 'is paid' },
  notApplied: { 'pt-BR': '{{wl}} ({{role}}): ainda não', en: '{{wl}} ({{role}}): not yet' },
  appliedAt: { 'pt-BR': '{{wl}} ({{role}}): {{at}}', en: '{{wl}} ({{role}}): {{at}}' },
  you: { 'pt-BR': 'você', en: 'you' },
  what: { 'pt-BR': 'O que fazer', en: 'What to do' },
  another: {
    'pt-BR': 'espera outra pessoa',
    en: 'waits for another person',
  },
  confirm: { 'pt-BR': 'Confirmar', en: 'Confirm' },
  confirmTitle: { 'pt-BR': 'Confirmar o acerto?', en: 'Confirm the settlement?' },
  confirmDoes: {
    'pt-BR':
      'Confirma 1 acerto: {{dst}} pagou {{amount}} a {{src}}. A exposição do par cai na hora e as duas lançam em seus livros. Não há volta.',
    en: 'Confirms 1 settlement: {{dst}} paid {{amount}} to {{src}}. The pair’s exposure falls at once and both book it. There is no way back.',
  },
  withdraw: { 'pt-BR': 'Retirar', en: 'Withdraw' },
  withdrawTitle: { 'pt-BR': 'Retirar o acerto?', en: 'Withdraw the settlement?' },
  withdrawDoes: {
    'pt-BR': 'Retira 1 acerto de {{amount}} que ninguém confirmou. Nada muda nos saldos.',
    en: 'Withdraws 1 settlement of {{amount}} that nobody has confirmed. No balance changes.',
  },
  samePerson: {
    'pt-BR': 'Quem registrou não confirma. Peça a outra pessoa com a função risk.',
    en: 'Who recorded it does not confirm it. Ask another person with the role risk.',
  },
  decidedAlready: {
    'pt-BR': 'Outra pessoa já decidiu este acerto. Nada foi feito.',
    en: 'Somebody has decided this settlement already. Nothing was done.',
  },
  record: { 'pt-BR': 'Registrar acerto', en: 'Record a settlement' },
  recorded: {
    'pt-BR': 'Registrado. Falta a confirmação de outra pessoa.',
    en: 'Recorded. Another person has to confirm it.',
  },
  nothing: { 'pt-BR': 'Nenhum acerto com estes filtros.', en: 'No settlement with these filters.' },
});

export const statementTexts = defineTexts('statement', {
  noLine: { 'pt-BR': 'Nada se moveu neste período.', en: 'Nothing moved in this period.' },
  title: { 'pt-BR': 'Extrato do par', en: 'Statement of a pair' },
  lead: {
    'pt-BR': 'Saldo inicial, compras, acertos e saldo final de um período.',
    en: 'Opening, purchases, settlements and closing of a period.',
  },
  choose: {
    'pt-BR': 'Escolha as duas white labels e o período.',
    en: 'Choose both white labels and the period.',
  },
  src: { 'pt-BR': 'Exportadora', en: 'Exporter' },
  dst: { 'pt-BR': 'Importadora', en: 'Importer' },
  from: { 'pt-BR': 'De', en: 'From' },
  to: { 'pt-BR': 'Até', en: 'To' },
  csv: { 'pt-BR': 'Baixar CSV', en: 'Download CSV' },
  at: { 'pt-BR': 'Quando', en: 'When' },
  kind: { 'pt-BR': 'Lançamento', en: 'Line' },
  reference: { 'pt-BR': 'Referência', en: 'Reference' },
  amount: { 'pt-BR': 'Valor', en: 'Amount' },
  balance: { 'pt-BR': 'Saldo', en: 'Balance' },
  opening: { 'pt-BR': 'Saldo inicial', en: 'Opening' },
  closing: { 'pt-BR': 'Saldo final', en: 'Closing' },
  EXPORT: { 'pt-BR': 'Exportação', en: 'Export' },
  IMPORT: { 'pt-BR': 'Importação', en: 'Import' },
  SETTLEMENT_RECEIVED: { 'pt-BR': 'Acerto recebido', en: 'Settlement received' },
  SETTLEMENT_PAID: { 'pt-BR': 'Acerto pago', en: 'Settlement paid' },
});
