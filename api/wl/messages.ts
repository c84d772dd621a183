import type { RefusalCode } from '../../domain/shared/codes.ts';
import type { PublicStatus } from '../../domain/purchase/trade.ts';
import type { Language } from '../http/route.ts';

type Message = Readonly<Record<Language, string>>;

/** What a buyer reads when a purchase is refused (RULES.md 8). */
export const BUYER_MESSAGES: Readonly<Record<RefusalCode, Message>> = {
  PRICE_CHANGED: {
    'pt-BR': 'O preço desta oferta foi atualizado. Atualize a página e tente novamente.',
    en: 'The price of this offer has changed. Reload the page and try again.',
  },
  OUT_OF_STOCK: { 'pt-BR': 'Oferta esgotada.', en: 'This offer is sold out.' },
  HOLD_EXPIRED: {
    'pt-BR': 'O tempo da reserva acabou. Tente novamente.',
    en: 'The reservation has run out. Try again.',
  },
  HOLD_TAKEN: {
    'pt-BR': 'Esta reserva pertence a outra compra.',
    en: 'This reservation belongs to another purchase.',
  },
  HOLDS_TOO_MANY: {
    'pt-BR': 'Há reservas demais em aberto. Aguarde um momento e tente novamente.',
    en: 'There are too many open reservations. Wait a moment and try again.',
  },
  LIMIT_EXCEEDED: {
    'pt-BR': 'Esta loja parceira atingiu o limite de vendas. Tente novamente mais tarde.',
    en: 'This partner store has reached its sales limit. Try again later.',
  },
  VELOCITY_EXCEEDED: {
    'pt-BR': 'Muitas compras em pouco tempo nesta loja parceira. Tente novamente mais tarde.',
    en: 'Too many purchases in a short time at this partner store. Try again later.',
  },
  RELATIONSHIP_MISSING: {
    'pt-BR': 'Esta loja parceira não está disponível.',
    en: 'This partner store is not available.',
  },
  RELATIONSHIP_PAUSED: {
    'pt-BR': 'As compras nesta loja parceira estão pausadas. Tente novamente mais tarde.',
    en: 'Purchases at this partner store are paused. Try again later.',
  },
  RELATIONSHIP_BLOCKED: {
    'pt-BR': 'As compras nesta loja parceira estão bloqueadas.',
    en: 'Purchases at this partner store are blocked.',
  },
  EXPORT_DISABLED: {
    'pt-BR': 'Esta loja parceira não está vendendo no momento.',
    en: 'This partner store is not selling at the moment.',
  },
  IMPORT_DISABLED: {
    'pt-BR': 'As compras em lojas parceiras estão desativadas.',
    en: 'Purchases at partner stores are switched off.',
  },
  FEATURE_DISABLED: {
    'pt-BR': 'Esta função ainda não está disponível.',
    en: 'This feature is not available yet.',
  },
  EXPORT_POLICY_DENIED: {
    'pt-BR': 'Esta oferta não está mais disponível aqui.',
    en: 'This offer is no longer available here.',
  },
  NOT_VISIBLE: {
    'pt-BR': 'Esta oferta não está disponível aqui.',
    en: 'This offer is not available here.',
  },
  EXPORT_DELAYED: {
    'pt-BR': 'Esta oferta ainda não está disponível. Tente novamente mais tarde.',
    en: 'This offer is not available yet. Try again later.',
  },
  OFFER_NOT_FOUND: {
    'pt-BR': 'Esta oferta não existe mais.',
    en: 'This offer does not exist any more.',
  },
  OFFER_DISABLED: {
    'pt-BR': 'Esta oferta foi desativada.',
    en: 'This offer has been switched off.',
  },
  SIGNAL_DISABLED: {
    'pt-BR': 'As compras nesta loja parceira estão suspensas. Tente novamente mais tarde.',
    en: 'Purchases at this partner store are suspended. Try again later.',
  },
  INSUFFICIENT_FUNDS: { 'pt-BR': 'Saldo X$ insuficiente', en: 'Insufficient X$ balance' },
  ACCOUNT_NOT_ALLOWED: {
    'pt-BR': 'Sua conta não tem permissão para comprar ofertas.',
    en: 'Your account may not buy offers.',
  },
  COOL_DOWN: {
    'pt-BR': 'Você acabou de comprar esta oferta. Confira a compra ou aguarde um minuto.',
    en: 'You have just bought this offer. Check that purchase or wait a minute.',
  },
  QUANTITY_INVALID: {
    'pt-BR': 'A quantidade informada não é válida.',
    en: 'This quantity is not valid.',
  },
  MANUAL_REJECT: {
    'pt-BR': 'A loja parceira recusou a compra. O valor foi devolvido.',
    en: 'The partner store has declined the purchase. Your money is back.',
  },
  APPROVAL_EXPIRED: {
    'pt-BR': 'A loja parceira não respondeu a tempo. O valor foi devolvido.',
    en: 'The partner store did not answer in time. Your money is back.',
  },
  EXPORTER_UNAVAILABLE: {
    'pt-BR': 'A loja parceira não está respondendo. Tente novamente em instantes.',
    en: 'The partner store is not answering. Try again in a moment.',
  },
  ENGINE_UNAVAILABLE: {
    'pt-BR': 'Não foi possível iniciar a compra. Tente novamente em instantes.',
    en: 'The purchase could not be started. Try again in a moment.',
  },
  CANCELLED: {
    'pt-BR': 'A compra foi cancelada. Nenhum valor ficou retido.',
    en: 'The purchase was cancelled. No money is kept.',
  },
};

const STATUS_MESSAGES: Readonly<Record<PublicStatus, Message>> = {
  CONFIRMED: { 'pt-BR': 'Compra confirmada.', en: 'Purchase confirmed.' },
  PENDING: {
    'pt-BR': 'Compra em processamento. Avisaremos assim que for concluída.',
    en: 'The purchase is being processed. You will see the result here.',
  },
  REJECTED: { 'pt-BR': 'A compra não foi concluída.', en: 'The purchase was not completed.' },
  REVERSED: { 'pt-BR': 'A compra foi estornada.', en: 'The purchase was reversed.' },
};

/** The refusal in the buyer's language. */
export function buyerMessage(code: RefusalCode, language: Language): string {
  return BUYER_MESSAGES[code][language];
}

/** What a buyer reads about a purchase: the reason where there is one, else the status. */
export function statusMessage(
  status: PublicStatus,
  reason: RefusalCode | undefined,
  language: Language,
): string {
  return reason === undefined ? STATUS_MESSAGES[status][language] : buyerMessage(reason, language);
}
