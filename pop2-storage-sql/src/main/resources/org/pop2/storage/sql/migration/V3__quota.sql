-- How much mail a user may have, in all folders together. Both NULL: what the configuration says for all; 0: any number.

ALTER TABLE account
    ADD COLUMN quota_messages bigint CHECK (quota_messages >= 0),
    ADD COLUMN quota_octets   bigint CHECK (quota_octets >= 0);
ALTER TABLE account
    ADD CONSTRAINT account_quota CHECK ((quota_messages IS NULL) = (quota_octets IS NULL));
