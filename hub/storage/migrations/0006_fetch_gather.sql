-- No fetch of a vendor order begins before: what is wanted until then is gathered in it.
ALTER TABLE vendor_order ADD COLUMN fetch_gather_until DATETIME(3);
