-- The standbys that commits wait for; empty if none.
SELECT current_setting('synchronous_standby_names')
