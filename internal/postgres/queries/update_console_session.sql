-- What a session holds changes, unless another request was quicker.
UPDATE register.console_session
SET sealed = $3, revision = revision + 1
WHERE id = $1 AND revision = $2
