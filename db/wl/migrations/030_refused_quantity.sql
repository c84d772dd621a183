-- A quantity out of range is a refusal with its own code: such a trade is born REJECTED.
ALTER TABLE trade DROP CONSTRAINT trade_quantity_check;
ALTER TABLE trade ADD CONSTRAINT trade_quantity_check CHECK (quantity > 0 OR state = 'REJECTED');
