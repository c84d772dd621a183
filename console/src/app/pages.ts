import type { ComponentType } from 'react';
import type { Role } from '../api/session.ts';
import type { Text } from '../texts/texts.ts';
import { ApprovalCount, AttentionCount, UnreadCount } from './counts.tsx';

export type Section = 'today' | 'trade' | 'risk' | 'govern' | 'control';

export interface PageEntry {
  /** Below /admin; `$name` is a parameter. */
  readonly path: string;
  readonly title: Text;
  /** Where it stands in the menu; without one it is reached by links. */
  readonly section?: Section;
  /** Who sees it; the API decides by itself. Without any, everybody. */
  readonly roles?: readonly Role[];
  /** How many wait there, beside the name in the menu. */
  readonly Count?: ComponentType;
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}

/** Every page of the console, one line each, in the order of the menu. */
// prettier-ignore
export const PAGES: readonly PageEntry[] = [
  { path: '/', title: { 'pt-BR': 'Visão geral', en: 'Overview' }, section: 'today', load: () => import('../pages/overview/overview.tsx') },
  { path: '/attention', title: { 'pt-BR': 'Precisam de alguém', en: 'Needs attention' }, section: 'today', Count: AttentionCount, load: () => import('../pages/attention/attention.tsx') },
  { path: '/approvals', title: { 'pt-BR': 'Aprovações', en: 'Approvals' }, section: 'today', Count: ApprovalCount, load: () => import('../pages/approvals/approvals.tsx') },
  { path: '/notifications', title: { 'pt-BR': 'Avisos', en: 'Notifications' }, section: 'today', Count: UnreadCount, load: () => import('../pages/notifications/list.tsx') },
  { path: '/trades', title: { 'pt-BR': 'Negociações', en: 'Trades' }, section: 'trade', load: () => import('../pages/trades/list.tsx') },
  { path: '/trades/$tradeId', title: { 'pt-BR': 'Negociação', en: 'Trade' }, load: () => import('../pages/trades/detail.tsx') },
  { path: '/trades/$tradeId/explain', title: { 'pt-BR': 'Por que foi recusada', en: 'Why it was refused' }, roles: ['support', 'auditor', 'risk'], load: () => import('../pages/trades/explain.tsx') },
  { path: '/trades/$tradeId/film', title: { 'pt-BR': 'Filme da negociação', en: 'Film of the trade' }, roles: ['support', 'auditor'], load: () => import('../pages/trades/film.tsx') },
  { path: '/whatif', title: { 'pt-BR': 'E se…', en: 'What if' }, section: 'risk', roles: ['risk'], load: () => import('../pages/whatif/whatif.tsx') },
  { path: '/balance', title: { 'pt-BR': 'Saldos', en: 'Balance' }, section: 'risk', load: () => import('../pages/balance/balance.tsx') },
  { path: '/signals', title: { 'pt-BR': 'Sinais', en: 'Signals' }, section: 'risk', load: () => import('../pages/signals/list.tsx') },
  { path: '/signals/$signalId', title: { 'pt-BR': 'Sinal', en: 'Signal' }, load: () => import('../pages/signals/detail.tsx') },
  { path: '/settlements', title: { 'pt-BR': 'Acertos', en: 'Settlements' }, section: 'risk', roles: ['risk'], load: () => import('../pages/settlements/settlements.tsx') },
  { path: '/statement', title: { 'pt-BR': 'Extrato do par', en: 'Statement of a pair' }, section: 'risk', roles: ['risk', 'auditor'], load: () => import('../pages/settlements/statement.tsx') },
  { path: '/plans', title: { 'pt-BR': 'Planos de compensação', en: 'Compensation plans' }, section: 'risk', roles: ['risk'], load: () => import('../pages/plans/plans.tsx') },
  { path: '/audit', title: { 'pt-BR': 'Auditoria', en: 'Audit' }, section: 'control', roles: ['auditor'], load: () => import('../pages/audit/audit.tsx') },
  { path: '/alert-targets', title: { 'pt-BR': 'Destinos de avisos', en: 'Alert targets' }, section: 'control', roles: ['risk'], load: () => import('../pages/notifications/targets.tsx') },
  { path: '/wls', title: { 'pt-BR': 'White labels', en: 'White labels' }, section: 'govern', load: () => import('../pages/wls/list.tsx') },
  { path: '/wls/new', title: { 'pt-BR': 'Nova white label', en: 'New white label' }, roles: ['operator'], load: () => import('../pages/wls/new.tsx') },
  { path: '/wls/$wlId', title: { 'pt-BR': 'White label', en: 'White label' }, load: () => import('../pages/wls/detail.tsx') },
  { path: '/wls/$wlId/policy', title: { 'pt-BR': 'Política', en: 'Policy' }, load: () => import('../pages/policies/policy.tsx') },
  { path: '/relationships', title: { 'pt-BR': 'Relações', en: 'Relationships' }, section: 'govern', load: () => import('../pages/relationships/list.tsx') },
  { path: '/relationships/new', title: { 'pt-BR': 'Nova relação', en: 'New relationship' }, roles: ['operator', 'risk'], load: () => import('../pages/relationships/new.tsx') },
  { path: '/relationships/$src/$dst', title: { 'pt-BR': 'Relação', en: 'Relationship' }, load: () => import('../pages/relationships/detail.tsx') },
  { path: '/users', title: { 'pt-BR': 'Usuários e funções', en: 'Users and roles' }, section: 'control', roles: ['master'], load: () => import('../pages/users/list.tsx') },
];

/** The order of the menu's sections. */
export const SECTIONS: readonly Section[] = ['today', 'trade', 'risk', 'govern', 'control'];
