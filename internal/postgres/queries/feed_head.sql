-- Log index of the newest version: cheap to ask.
SELECT coalesce(max(log_index), -1) FROM register.version
