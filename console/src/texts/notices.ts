import { defineTexts } from './texts.ts';

/** Titles of notifications; `{{…}}` are facts that came with them. */
export const noticeTexts = defineTexts('notices', {
  imbalance: {
    'pt-BR': 'A exposição chegou a {{percent}} % do limite',
    en: 'Exposure has reached {{percent}} % of the limit',
  },
  imbalanceOver: {
    'pt-BR': 'A exposição passou de 100 % do limite',
    en: 'Exposure has passed 100 % of the limit',
  },
  policyStale: {
    'pt-BR': 'Uma white label não aplicou uma revisão gravada',
    en: 'A white label has not applied a committed revision',
  },
  settlementStale: {
    'pt-BR': 'Uma white label não aplicou um acerto',
    en: 'A white label has not applied a settlement',
  },
  DEAD_GATEWAY: {
    'pt-BR': 'Um gateway não aceita sinais',
    en: 'A gateway does not take signals',
  },
  GATEWAY_RECOVERED: {
    'pt-BR': 'Um gateway voltou a aceitar sinais',
    en: 'A gateway takes signals again',
  },
  NEEDS_ATTENTION: {
    'pt-BR': 'Uma compra precisa de uma pessoa',
    en: 'A purchase needs a person to look at it',
  },
  mismatch: {
    'pt-BR': 'Duas white labels contam a mesma negociação de modo diferente',
    en: 'Two white labels disagree on a trade',
  },
  mismatchRevision: {
    'pt-BR': 'Duas white labels decidiram uma negociação por revisões diferentes',
    en: 'Two white labels decided a trade on different revisions',
  },
  planOpened: {
    'pt-BR': 'Um plano de compensação foi aberto: a exposição passou do limite',
    en: 'A compensation plan was opened: exposure is above the limit',
  },
  planMissed: {
    'pt-BR': 'Um plano de compensação perdeu o prazo da etapa {{step}}',
    en: 'A compensation plan has missed the deadline of step {{step}}',
  },
  planEnded: {
    'pt-BR': 'Um plano de compensação terminou, compensado: {{compensated}}',
    en: 'A compensation plan has ended, compensated: {{compensated}}',
  },
  approvalWaits: {
    'pt-BR': 'Uma compra ainda espera decisão',
    en: 'A purchase still waits for a decision',
  },
  approvalRefused: {
    'pt-BR': 'A exportadora não tomou a decisão sobre esta compra',
    en: 'The exporter took no decision on this purchase',
  },
  TELEMETRY: {
    'pt-BR': 'Eventos de uma white label foram recusados',
    en: 'Events of a white label were refused',
  },
  certificateExpiring: {
    'pt-BR': 'Uma white label não consegue renovar o certificado',
    en: 'A white label can not renew its certificate',
  },
});
