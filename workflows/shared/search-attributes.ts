import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';

/** What purchases can be filtered by in the engine's UI: ids, states and codes, never people. */
export const TRADE_STATUS = defineSearchAttributeKey('TradeStatus', SearchAttributeType.KEYWORD);
export const IMPORTER = defineSearchAttributeKey('Importer', SearchAttributeType.KEYWORD);
export const EXPORTER = defineSearchAttributeKey('Exporter', SearchAttributeType.KEYWORD);
export const REASON = defineSearchAttributeKey('Reason', SearchAttributeType.KEYWORD);
export const TRADE_ID = defineSearchAttributeKey('TradeId', SearchAttributeType.KEYWORD);
export const PARKED = defineSearchAttributeKey('Parked', SearchAttributeType.BOOL);
