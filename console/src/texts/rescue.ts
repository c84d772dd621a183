import { defineTexts } from './texts.ts';

/** What support can do about a trade: what it will do is said before, what came of it after. */
export const rescueTexts = defineTexts('rescue', {
  title: { 'pt-BR': 'O que fazer', en: 'What to do' },
  retry: { 'pt-BR': 'Tentar de novo', en: 'Retry' },
  retryTitle: { 'pt-BR': 'Tentar de novo?', en: 'Retry?' },
  retryDoes: {
    'pt-BR':
      'Pergunta mais uma vez à exportadora sobre 1 compra ({{title}}) e adota a resposta. Nenhum dinheiro se move sem ela.',
    en: 'Asks the exporter once more about 1 purchase ({{title}}), and adopts its answer. No money moves without one.',
  },
  abandon: { 'pt-BR': 'Abandonar', en: 'Abandon' },
  abandonTitle: { 'pt-BR': 'Abandonar a compra?', en: 'Abandon the purchase?' },
  abandonDoes: {
    'pt-BR':
      'Cancela 1 compra ({{title}}) na exportadora, para sempre. Se ela não capturou, o comprador recebe o dinheiro de volta; se capturou, a compra fica confirmada.',
    en: 'Cancels 1 purchase ({{title}}) at the exporter, for good. If it has not captured, the buyer is refunded; if it has, the purchase stands confirmed.',
  },
  resolve: { 'pt-BR': 'Resolver', en: 'Resolve' },
  resolveTitle: { 'pt-BR': 'Resolver a compra?', en: 'Resolve the purchase?' },
  resolveDoes: {
    'pt-BR':
      'Pergunta à exportadora e adota o que ela disser de 1 compra ({{title}}), mesmo contra o resultado escolhido. Sem resposta dela, uma segunda pessoa precisa confirmar o resultado.',
    en: 'Asks the exporter and adopts what it says of 1 purchase ({{title}}), even against the outcome chosen. Where it does not answer, a second person has to confirm the outcome.',
  },
  outcome: { 'pt-BR': 'Resultado', en: 'Outcome' },
  CONFIRMED: {
    'pt-BR': 'Confirmada: o vendedor recebe',
    en: 'Confirmed: the seller is paid',
  },
  COMPENSATED: {
    'pt-BR': 'Compensada: o comprador recebe de volta',
    en: 'Compensated: the buyer is refunded',
  },
  confirm: { 'pt-BR': 'Confirmar a resolução de outra pessoa', en: 'Confirm another’s resolution' },
  confirmTitle: { 'pt-BR': 'Confirmar a resolução?', en: 'Confirm the resolution?' },
  confirmDoes: {
    'pt-BR':
      'Encerra 1 compra ({{title}}) como a outra pessoa pediu, sem a exportadora ou contra ela. O valor passa por uma conta de diferenças e fica como divergência até ser acertado. Não há volta.',
    en: 'Ends 1 purchase ({{title}}) as the other person asked, without the exporter or against it. It is posted to a suspense account and stays a mismatch until it is settled. There is no way back.',
  },
  reverse: { 'pt-BR': 'Estornar', en: 'Reverse' },
  reverseTitle: { 'pt-BR': 'Estornar a compra?', en: 'Reverse the purchase?' },
  reverseDoes: {
    'pt-BR':
      'Desfaz 1 compra ({{title}}) nos dois lados: o estoque volta, o vendedor devolve, o comprador recebe tudo de volta com a comissão.',
    en: 'Undoes 1 purchase ({{title}}) at both parties: stock returns, the seller gives back, the buyer gets everything back with the commission.',
  },
  rerun: { 'pt-BR': 'Refazer', en: 'Run again' },
  rerunTitle: { 'pt-BR': 'Refazer a compra?', en: 'Run the purchase again?' },
  rerunDoes: {
    'pt-BR':
      'Faz 1 nova compra ({{title}}), ligada a esta, nos preços e regras de hoje. O comprador paga de novo o que for cobrado. Pode ser feita uma vez por compra recusada.',
    en: 'Makes 1 new purchase ({{title}}), linked to this one, at today’s prices and rules. The buyer pays what is charged. It can be done once for a rejected purchase.',
  },
  answered: { 'pt-BR': 'A white label respondeu', en: 'The white label answered' },
  RESOLVED: { 'pt-BR': 'Resolvida: {{state}}.', en: 'Resolved: {{state}}.' },
  UNPARKED: {
    'pt-BR': 'Voltou a andar sozinha: {{state}}.',
    en: 'It goes on by itself: {{state}}.',
  },
  STILL_PARKED: {
    'pt-BR': 'Continua parada: a exportadora não deu uma resposta que sirva.',
    en: 'Still parked: the exporter gave no answer that can be used.',
  },
  NEEDS_SECOND_PERSON: {
    'pt-BR': 'A exportadora não respondeu. Uma segunda pessoa precisa confirmar este resultado.',
    en: 'The exporter did not answer. A second person has to confirm this outcome.',
  },
  OVERRIDDEN: {
    'pt-BR': 'Encerrada pela palavra de duas pessoas: {{state}}.',
    en: 'Ended on the word of two people: {{state}}.',
  },
  reversing: { 'pt-BR': 'O estorno começou: {{state}}.', en: 'The reversal has begun: {{state}}.' },
  rerunDone: { 'pt-BR': 'Nova compra: {{status}}.', en: 'New purchase: {{status}}.' },
  newTrade: { 'pt-BR': 'Abrir a nova compra', en: 'Open the new purchase' },
  follows: {
    'pt-BR': 'Esta página acompanha em poucos segundos.',
    en: 'This page follows within seconds.',
  },
  first: { 'pt-BR': 'Outra pessoa foi antes', en: 'Somebody else was first' },
  firstBusy: {
    'pt-BR': '{{person}} está fazendo isto agora: {{verb}} (desde {{at}}).',
    en: '{{person}} is at it now: {{verb}} (since {{at}}).',
  },
  firstDone: {
    'pt-BR': '{{person}} já fez: {{verb}}, {{at}}. Resultado: {{outcome}}.',
    en: '{{person}} has done it: {{verb}}, {{at}}. Outcome: {{outcome}}.',
  },
  you: { 'pt-BR': 'Você', en: 'You' },
  past: { 'pt-BR': 'Não é mais preciso', en: 'No longer needed' },
  pastDoes: {
    'pt-BR':
      'A compra não está mais em um estado para isto: já terminou, ou voltou a andar sozinha.',
    en: 'The purchase is not in a state for this any more: it has ended, or goes on by itself.',
  },
  samePerson: { 'pt-BR': 'Falta uma segunda pessoa', en: 'A second person is needed' },
  samePersonDoes: {
    'pt-BR': 'Quem pediu a resolução não pode confirmá-la. Peça a outra pessoa do suporte.',
    en: 'Who asked for the resolution can not confirm it. Ask another person of support.',
  },
  doneOnce: { 'pt-BR': 'Já foi pedido', en: 'Asked already' },
  doneOnceDoes: {
    'pt-BR': 'Isto já foi pedido para esta compra, com outro motivo. Nada foi feito de novo.',
    en: 'This was asked for this purchase already, with another reason. Nothing was done again.',
  },
  unknown: { 'pt-BR': 'Resultado desconhecido', en: 'Outcome unknown' },
  unknownDoes: {
    'pt-BR':
      'A white label não respondeu e pode ter feito mesmo assim. Confira a compra; pedir de novo não faz em dobro.',
    en: 'The white label did not answer and may have done it all the same. Look at the purchase; asking again does not do it twice.',
  },
});
