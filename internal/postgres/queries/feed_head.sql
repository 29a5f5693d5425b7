-- Log index of the newest version: cheap enough to ask before every search.
SELECT coalesce(max(log_index), -1) FROM register.version
