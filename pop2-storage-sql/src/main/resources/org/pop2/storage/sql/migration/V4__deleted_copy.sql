-- A copy that was deleted is no copy: the same message may come again, be stored, and be deleted again.

DROP INDEX expunged_delivery;
