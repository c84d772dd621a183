import type { Change, ChangeKind, Figure } from '../../../domain/purchase/explain/change.ts';
import type { WhyNot } from '../../../domain/purchase/explain/explain.ts';
import type { Language } from '../../http/route.ts';

type Message = Readonly<Record<Language, string>>;

/** One sentence for each kind of change; `{field}` and the like are the change's own figures. */
export const CHANGE_MESSAGES: Readonly<Record<ChangeKind, Message>> = {
  CREATE_RELATIONSHIP: {
    'pt-BR': 'Criar o relacionamento, ativo, com {field} de pelo menos {to}.',
    en: 'Create the relationship, active, with {field} at least {to}.',
  },
  SET_RELATIONSHIP: {
    'pt-BR': 'No relacionamento, mudar {field} de {from} para {to}.',
    en: 'In the relationship, change {field} from {from} to {to}.',
  },
  SET_EXPORT_POLICY: {
    'pt-BR': 'Na export_policy, mudar {field} de {from} para {to}.',
    en: 'In the export_policy, change {field} from {from} to {to}.',
  },
  ADD_TO_EXPORT_POLICY: {
    'pt-BR': 'Na export_policy, incluir {to} em {field}.',
    en: 'In the export_policy, add {to} to {field}.',
  },
  REMOVE_FROM_EXPORT_POLICY: {
    'pt-BR': 'Na export_policy, tirar {to} de {field}.',
    en: 'In the export_policy, remove {to} from {field}.',
  },
  SET_EXPORTER_POLICY: {
    'pt-BR': 'Na política do exportador, mudar {field} de {from} para {to}.',
    en: 'In the exporter’s policy, change {field} from {from} to {to}.',
  },
  ADD_TO_VISIBILITY: {
    'pt-BR': 'Na política do exportador, incluir {to} em {field}.',
    en: 'In the exporter’s policy, add {to} to {field}.',
  },
  SET_IMPORTER_POLICY: {
    'pt-BR': 'Na política do importador, mudar {field} de {from} para {to}.',
    en: 'In the importer’s policy, change {field} from {from} to {to}.',
  },
  ENABLE_PAIR: {
    'pt-BR': 'Enviar um sinal ENABLE para o par.',
    en: 'Send the pair an ENABLE signal.',
  },
  SETTLE: {
    'pt-BR': 'Registrar um acerto de {by}, que reduz a exposição.',
    en: 'Record a settlement of {by}, which lowers the exposure.',
  },
  SET_OFFER: {
    'pt-BR': 'Na oferta do exportador, mudar {field} de {from} para {to}.',
    en: 'In the exporter’s offer, change {field} from {from} to {to}.',
  },
  RAISE_CAP: {
    'pt-BR': 'No exportador, aumentar {field} de {from} para {to}.',
    en: 'At the exporter, raise {field} from {from} to {to}.',
  },
  APPROVE: {
    'pt-BR': 'Comprar de novo, e quem decide aprovar.',
    en: 'Buy again, and have the person who decides approve it.',
  },
  DECIDE_BEFORE: {
    'pt-BR': 'Aprovar antes de {to}.',
    en: 'Approve it before {to}.',
  },
  SET_ACCOUNT: {
    'pt-BR': 'Na conta do comprador, mudar {field} para {to}.',
    en: 'In the buyer’s account, set {field} to {to}.',
  },
  CREDIT_ACCOUNT: {
    'pt-BR': 'Creditar {by} {currency} na conta do comprador.',
    en: 'Credit the buyer’s account with {by} {currency}.',
  },
  END_HOLDS: {
    'pt-BR': 'Encerrar {by} das {from} reservas em aberto.',
    en: 'End {by} of the {from} open holds.',
  },
  CONFIRM_BEFORE: {
    'pt-BR': 'Confirmar antes de {to}: comprar de novo cria outra reserva.',
    en: 'Confirm before {to}: buying again takes a new hold.',
  },
  ORDER_QUANTITY: {
    'pt-BR': 'Pedir {to} em vez de {from}.',
    en: 'Order {to} instead of {from}.',
  },
  ACCEPT_PRICE: {
    'pt-BR': 'Comprar de novo pelo preço de {to}.',
    en: 'Buy again at the price of {to}.',
  },
  WAIT_UNTIL: { 'pt-BR': 'Aguardar até {to}.', en: 'Wait until {to}.' },
  BUY_AGAIN: {
    'pt-BR': 'Comprar de novo, com uma reserva própria.',
    en: 'Buy again, with a hold of its own.',
  },
};

/** Why there is no way out. */
export const WHY_NOT_MESSAGES: Readonly<Record<WhyNot, Message>> = {
  OFFER_IS_GONE: {
    'pt-BR': 'A oferta não existe mais no exportador.',
    en: 'The offer no longer exists at the exporter.',
  },
  POLICY_WAS_NEVER_PULLED: {
    'pt-BR': 'A loja ainda não tinha recebido nenhuma política.',
    en: 'The white label had not received any policy yet.',
  },
  IT_WAS_CANCELLED: {
    'pt-BR': 'A compra foi cancelada; nenhuma regra a recusou.',
    en: 'The purchase was cancelled; no rule refused it.',
  },
  THE_EXPORTER_GAVE_NO_ANSWER: {
    'pt-BR': 'O exportador não deu resposta; nada foi decidido.',
    en: 'The exporter gave no answer; nothing was decided.',
  },
  THE_ENGINE_WAS_AWAY: {
    'pt-BR': 'O motor não estava disponível; nada foi decidido.',
    en: 'The engine was away; nothing was decided.',
  },
  NOT_RECORDED: {
    'pt-BR': 'Não há registro do que foi levado em conta.',
    en: 'What it was decided by was not recorded.',
  },
  STILL_REFUSED: {
    'pt-BR': 'Nenhuma mudança isolada encontrada deixaria a compra passar.',
    en: 'No change that was found would let the purchase pass.',
  },
  DECIDES_OTHERWISE_NOW: {
    'pt-BR': 'As regras mudaram: hoje a decisão registrada seria outra.',
    en: 'The rules have changed: today the recorded decision would be another.',
  },
};

/** The sentence of a change, with its figures. */
export function changeMessage(change: Change, language: Language): string {
  const figures: Readonly<Record<string, Figure | undefined>> = { ...change };
  return CHANGE_MESSAGES[change.kind][language].replace(/\{(\w+)\}/g, (_, name: string) =>
    String(figures[name] ?? ''),
  );
}
