-- Set the generated passwords, also of a database that was made with another one. psql runs it after
-- migrations/sql/roles.sql.
\set superuser `cat /secrets/superuser`
\set flights `cat /secrets/flights`
-- A statement that fails would stand in the server's log, with the password.
SET log_min_error_statement = 'panic';
ALTER ROLE postgres PASSWORD :'superuser';
ALTER ROLE flights PASSWORD :'flights';
