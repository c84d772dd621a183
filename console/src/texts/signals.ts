import { defineTexts } from './texts.ts';

export const signalTexts = defineTexts('signals', {
  title: { 'pt-BR': 'Sinais', en: 'Signals' },
  lead: {
    'pt-BR': 'O que foi mandado ligar ou desligar entre duas white labels, e até onde chegou.',
    en: 'What was told to be switched on or off between two white labels, and how far it got.',
  },
  one: { 'pt-BR': '{{action}} {{pair}}', en: '{{action}} {{pair}}' },
  state: { 'pt-BR': 'Estado', en: 'State' },
  wl: { 'pt-BR': 'Destinatária', en: 'Receiver' },
  src: { 'pt-BR': 'Exportadora', en: 'Exporter' },
  dst: { 'pt-BR': 'Importadora', en: 'Importer' },
  createdAt: { 'pt-BR': 'Criado', en: 'Created' },
  causedAt: { 'pt-BR': 'Causa em', en: 'Caused' },
  signal: { 'pt-BR': 'Sinal', en: 'Signal' },
  pair: { 'pt-BR': 'Par', en: 'Pair' },
  origin: { 'pt-BR': 'Origem', en: 'Origin' },
  AUTOMATIC: { 'pt-BR': 'automático', en: 'automatic' },
  OPERATOR: { 'pt-BR': 'de uma pessoa', en: 'by a person' },
  reason: { 'pt-BR': 'Motivo', en: 'Reason' },
  exposure: { 'pt-BR': 'Exposição', en: 'Exposure' },
  limit: { 'pt-BR': 'Limite', en: 'Limit' },
  sequence: { 'pt-BR': 'Sequência no par', en: 'Sequence in the pair' },
  createdBy: { 'pt-BR': 'Por', en: 'By' },
  correlation: { 'pt-BR': 'Correlação', en: 'Correlation' },
  deliveries: { 'pt-BR': 'Entregas', en: 'Deliveries' },
  delivery: { 'pt-BR': 'Entrega a {{wl}}', en: 'Delivery to {{wl}}' },
  round: { 'pt-BR': 'Rodada', en: 'Round' },
  attemptCount: { 'pt-BR': 'Tentativas', en: 'Attempts' },
  ackKind: { 'pt-BR': 'Confirmado por', en: 'Acknowledged by' },
  offersChanged: { 'pt-BR': 'Ofertas mudadas', en: 'Offers changed' },
  workflow: { 'pt-BR': 'Workflow', en: 'Workflow' },
  attempts: { 'pt-BR': 'Tentativas a {{wl}}', en: 'Attempts at {{wl}}' },
  noAttempts: { 'pt-BR': 'Ainda sem tentativa.', en: 'No attempt yet.' },
  attempt: { 'pt-BR': 'Nº', en: 'No.' },
  startedAt: { 'pt-BR': 'Início', en: 'Started' },
  status: { 'pt-BR': 'Resposta', en: 'Answer' },
  latency: { 'pt-BR': 'Latência', en: 'Latency' },
  body: { 'pt-BR': 'Corpo (mascarado)', en: 'Body (masked)' },
  hops: { 'pt-BR': 'Tempo até cada etapa', en: 'Time to each step' },
  hopsAlt: {
    'pt-BR': 'Gráfico do tempo até cada etapa, por destinatária; a tabela abaixo diz o mesmo.',
    en: 'Chart of the time to each step, by receiver; the table below says the same.',
  },
  created: { 'pt-BR': 'Criado desde a causa', en: 'Created, from its cause' },
  sent: { 'pt-BR': 'Enviado', en: 'Sent' },
  acked: { 'pt-BR': 'Confirmado', en: 'Acknowledged' },
  applied: { 'pt-BR': 'Última oferta mudada', en: 'Last offer changed' },
  cancel: { 'pt-BR': 'Cancelar o que falta', en: 'Cancel what is open' },
  cancelTitle: { 'pt-BR': 'Cancelar o sinal?', en: 'Cancel the signal?' },
  cancelDoes: {
    'pt-BR': {
      one: 'Para 1 entrega aberta. O que já foi aplicado fica como está.',
      other: 'Para {{count}} entregas abertas. O que já foi aplicado fica como está.',
    },
    en: {
      one: 'Stops 1 open delivery. What was applied already stays as it is.',
      other: 'Stops {{count}} open deliveries. What was applied already stays as it is.',
    },
  },
  redrive: { 'pt-BR': 'Reenviar', en: 'Send again' },
  redriveLead: {
    'pt-BR': 'Primeiro é contado o que seria reenviado; nada sai antes da segunda confirmação.',
    en: 'What would be sent again is counted first; nothing leaves before it is confirmed.',
  },
  redriveAll: { 'pt-BR': 'Reenviar desde um momento', en: 'Send again since a moment' },
  since: { 'pt-BR': 'Desde', en: 'Since' },
  count: { 'pt-BR': 'Contar', en: 'Count' },
  nameOne: {
    'pt-BR': 'Escolha a white label ou o momento.',
    en: 'Choose the white label or the moment.',
  },
  redriveTitle: { 'pt-BR': 'Reenviar os sinais?', en: 'Send the signals again?' },
  redriveDoes: {
    'pt-BR':
      'Entregas encerradas que voltam a sair: {{reopened}}. Entregas abertas tentadas agora: {{open}}. A white label reconhece repetidos: o efeito acontece uma vez.',
    en: 'Final deliveries that go out again: {{reopened}}. Open deliveries tried now: {{open}}. The white label knows repeats: the effect happens once.',
  },
  redriveNothing: { 'pt-BR': 'Nada a reenviar.', en: 'There is nothing to send again.' },
  redriven: {
    'pt-BR': 'Reabertas {{reopened}}, tentadas agora {{open}}.',
    en: 'Reopened {{reopened}}, tried now {{open}}.',
  },
  nothing: {
    'pt-BR': 'Nenhum sinal com estes filtros: nada foi mandado ligar ou desligar.',
    en: 'No signal with these filters: nothing was told to be switched on or off.',
  },
  byHand: { 'pt-BR': 'Sinalizar à mão', en: 'Signal by hand' },
  byHandLead: {
    'pt-BR': 'Desliga ou religa um sentido de um par. Antes de sair, diz o que fará e a quem.',
    en: 'Switches one direction of a pair off or on. Before it leaves, it says what it will do and to whom.',
  },
  action: { 'pt-BR': 'O que mandar', en: 'What to tell them' },
  DISABLE: { 'pt-BR': 'Desligar', en: 'Disable' },
  ENABLE: { 'pt-BR': 'Religar', en: 'Enable' },
  signalThis: { 'pt-BR': 'Ver o que fará', en: 'See what it will do' },
  send: { 'pt-BR': 'Sinalizar', en: 'Signal' },
  signalled: {
    'pt-BR': 'Sinal criado, a caminho das duas white labels.',
    en: 'Signal made, on its way to both white labels.',
  },
  DISABLETitle: { 'pt-BR': 'Desligar este sentido?', en: 'Disable this direction?' },
  ENABLETitle: { 'pt-BR': 'Religar este sentido?', en: 'Enable this direction?' },
  goesTo: {
    'pt-BR': '1 sinal com 2 entregas: a {{src}} e a {{dst}}.',
    en: '1 signal with 2 deliveries: to {{src}} and to {{dst}}.',
  },
  DISABLEDoes: {
    'pt-BR':
      'Membros de {{dst}} deixam de comprar ofertas de {{src}}. Reservas já feitas ainda podem confirmar.',
    en: 'Members of {{dst}} can no longer buy offers of {{src}}. Holds that were taken may still confirm.',
  },
  ENABLEDoes: {
    'pt-BR':
      'Membros de {{dst}} voltam a comprar ofertas de {{src}}, quem quer que as tenha desligado.',
    en: 'Members of {{dst}} can buy offers of {{src}} again, whoever had disabled them.',
  },
  offersOf: {
    'pt-BR': {
      one: '{{src}} tinha 1 oferta ativa na última leitura.',
      other: '{{src}} tinha {{count}} ofertas ativas na última leitura.',
    },
    en: {
      one: '{{src}} had 1 active offer when it was last read.',
      other: '{{src}} had {{count}} active offers when it was last read.',
    },
  },
  DISABLEStays: {
    'pt-BR': 'Fica assim até que uma pessoa religue: o automático não desfaz.',
    en: 'It stays so until a person enables it: the automatic one does not lift it.',
  },
  ENABLEStays: {
    'pt-BR': 'O limite continua a valer: passado de novo, desliga-se sozinho.',
    en: 'The limit still holds: passed again, it disables by itself.',
  },
  otherWay: {
    'pt-BR': 'O sentido contrário, {{dst}} → {{src}}, não muda.',
    en: 'The other direction, {{dst}} → {{src}}, does not change.',
  },
  test: { 'pt-BR': 'Testar o gateway', en: 'Test the gateway' },
  testLead: {
    'pt-BR': 'Pergunta ao gateway se ele aceita sinais; nenhuma oferta muda.',
    en: 'Asks the gateway whether it takes signals; no offer changes.',
  },
  ask: { 'pt-BR': 'Testar', en: 'Test' },
  chooseWl: { 'pt-BR': 'Escolha a white label.', en: 'Choose the white label.' },
  taken: {
    'pt-BR': '{{wl}} aceitou em {{latency}}.',
    en: '{{wl}} took it within {{latency}}.',
  },
  notTaken: {
    'pt-BR': '{{wl}} não aceitou em {{latency}}: {{why}}.',
    en: '{{wl}} did not take it within {{latency}}: {{why}}.',
  },
});
