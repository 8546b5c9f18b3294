-- What PostgreSQL lacks of SQLite's value semantics (F-34 to F-43, F-51, F-75
-- to F-80, F-106 to F-108). The statements of sqlgen/dialect_postgres.cc call
-- these functions where the storage class of a side is not known statically.
--
-- A value of unknown class is a text with its class in front: `i12` an
-- integer, `r0.5` a real, `sabc` a text; NULL is NULL. Running the script
-- again replaces the functions. It needs a UTF8 database.
CREATE SCHEMA IF NOT EXISTS sluice;

-- A value as it is ordered: numbers before texts, an integer beyond 2^53 by
-- its nearest real and what is left of it.
DO $$ BEGIN
  CREATE TYPE sluice.key AS (class smallint, number double precision, rest bigint, text text COLLATE "C");
EXCEPTION WHEN duplicate_object THEN NULL; END $$;

-- ---- numbers and texts ----

-- F-35: a complete numeric literal, white space around it allowed.
CREATE OR REPLACE FUNCTION sluice.is_numeric(t text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT t ~ '^[ \t\n\v\f\r]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t\n\v\f\r]*$'
$$;

-- The real that a numeric literal is; too large is infinite, too small zero.
CREATE OR REPLACE FUNCTION sluice.parse_real(t text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  part text[];
  magnitude numeric;
BEGIN
  IF length(t) < 300 AND t !~ '[eE]' THEN RETURN btrim(t, E' \t\n\v\f\r')::double precision; END IF;
  BEGIN
    RETURN btrim(t, E' \t\n\v\f\r')::double precision;
  EXCEPTION WHEN numeric_value_out_of_range THEN
    part := regexp_match(t, '([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?');
    magnitude := coalesce(part[4], '0')::numeric + CASE WHEN ltrim(part[2], '0') <> '' THEN length(ltrim(part[2], '0'))
      ELSE length(ltrim(part[3], '0')) - length(part[3]) END;
    IF magnitude <= 0 THEN RETURN 0; END IF;
    RETURN (part[1] || 'Infinity')::double precision;
  END;
END $$;

-- A text against a number column: NaN, which no column holds and which sorts
-- behind all numbers, stands for what is no number.
CREATE OR REPLACE FUNCTION sluice.number_or_nan(t text) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN sluice.is_numeric(t) THEN sluice.parse_real(t) ELSE 'NaN'::double precision END
$$;

-- floor(10^power * 2^k) of 64 bits.
CREATE OR REPLACE FUNCTION sluice.power_top(power integer) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE
    WHEN power < 0 THEN div(trunc(2::numeric ^ (63 - (power * 108853 >> 15))), trunc(10::numeric ^ (-power)))
    WHEN (power * 108853 >> 15) > 63 THEN div(trunc(10::numeric ^ power), trunc(2::numeric ^ ((power * 108853 >> 15) - 63)))
    ELSE trunc(10::numeric ^ power) * trunc(2::numeric ^ (63 - (power * 108853 >> 15))) END
$$;

-- About `count` significant digits of a positive number, and the power of ten
-- that they are multiplied with, by the arithmetic of SQLite 3.53.
CREATE OR REPLACE FUNCTION sluice.decimal(x double precision, count integer, OUT digits numeric, OUT exponent integer)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  bits bigint := ('x' || encode(float8send(x), 'hex'))::bit(64)::bigint;
  significand numeric := bits & 4503599627370495;
  two integer := (bits >> 52)::integer;
  ten integer;
  top numeric;
  shift integer;
BEGIN
  IF two <> 0 THEN
    significand := (significand + 4503599627370496) * 2048;
    two := two - 1086;
  ELSE
    two := -1074;
    WHILE significand < 9223372036854775808 LOOP
      significand := significand * 2;
      two := two - 1;
    END LOOP;
  END IF;
  ten := count - 1 - ((two + 63) * 78913 >> 18);
  top := div(significand * sluice.power_top(ten), 18446744073709551616);
  shift := -(two + (ten * 108853 >> 15) + 1);
  IF count < 18 THEN
    digits := div(top, trunc(2::numeric ^ shift));
  ELSE
    top := div(top, trunc(2::numeric ^ (shift - 1)));
    digits := div(top + mod(top, 2), 2);
  END IF;
  exponent := -ten;
END $$;

-- Digits without trailing zeros as a number's text: plain, or with an exponent
-- where the first digit's power of ten is below -4 or above `plain_max`.
CREATE OR REPLACE FUNCTION sluice.digits_text(digits text, point integer, plain_max integer, bare boolean) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  power integer := point - 1;
  tail text := CASE WHEN bare THEN '' ELSE '.0' END;
BEGIN
  IF power < -4 OR power > plain_max THEN
    RETURN left(digits, 1) || CASE WHEN length(digits) > 1 THEN '.' || substr(digits, 2) ELSE tail END ||
      CASE WHEN power < 0 THEN 'e-' ELSE 'e+' END || lpad(abs(power)::text, greatest(2, length(abs(power)::text)), '0');
  END IF;
  IF point <= 0 THEN RETURN '0.' || repeat('0', -point) || digits; END IF;
  IF length(digits) <= point THEN RETURN digits || repeat('0', point - length(digits)) || tail; END IF;
  RETURN left(digits, point) || '.' || substr(digits, point + 1);
END $$;

-- F-37: the text SQLite 3.53 converts a REAL to.
CREATE OR REPLACE FUNCTION sluice.real_text(x double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  found record;
  z text;
  point integer;
  keep integer := 17;
  kept integer;
BEGIN
  IF x = 'NaN' THEN RETURN NULL; END IF;
  IF abs(x) = 'Infinity' THEN RETURN CASE WHEN x < 0 THEN '-Inf' ELSE 'Inf' END; END IF;
  IF abs(x) < 1e15 AND x = trunc(x) THEN RETURN x::bigint || '.0'; END IF;
  found := sluice.decimal(abs(x), 18);
  z := found.digits::text;
  point := length(z) + found.exponent;
  IF length(z) > 17 THEN
    -- Fewer digits where nines or zeros suggest it and the shorter number
    -- reads back the same.
    IF substr(z, 15, 2) = '99' THEN
      kept := length(rtrim(left(z, 14), '9'));
      IF sluice.parse_real((CASE WHEN kept = 0 THEN 1 ELSE left(z, kept)::numeric + 1 END)::text || 'e' ||
                           (found.exponent + length(z) - kept)) = abs(x) THEN
        keep := kept + 1;
      END IF;
    ELSIF point >= length(z) OR substr(z, 14, 3) = '000' THEN
      kept := greatest(length(rtrim(left(z, 13), '0')), 1);
      IF sluice.parse_real(left(z, kept) || 'e' || (found.exponent + length(z) - kept)) = abs(x) THEN keep := kept + 1; END IF;
    END IF;
    IF substr(z, keep + 1, 1) >= '5' THEN
      kept := length(left(z, keep));
      z := (left(z, keep)::numeric + 1)::text;
      point := point + length(z) - kept;
    ELSE
      z := left(z, keep);
    END IF;
  END IF;
  z := rtrim(z, '0');
  RETURN CASE WHEN x < 0 THEN '-' ELSE '' END || sluice.digits_text(z, point, 16, false);
END $$;

-- A number column holds integers as integers: NUMERIC affinity.
CREATE OR REPLACE FUNCTION sluice.is_integral(x double precision) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT x = trunc(x) AND x > -9223372036854775808::double precision AND x < 9223372036854775808::double precision
$$;
CREATE OR REPLACE FUNCTION sluice.number_text(x double precision) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN sluice.is_integral(x) THEN x::bigint::text ELSE sluice.real_text(x) END
$$;

-- LIKE with ESCAPE '\', ASCII folded; a pattern that ends in a lone escape
-- matches nothing (F-51).
CREATE OR REPLACE FUNCTION sluice.like(t text, pattern text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN t IS NULL OR pattern IS NULL THEN NULL
    WHEN (length(pattern) - length(rtrim(pattern, '\'))) % 2 = 1 THEN false
    ELSE lower(t COLLATE "C") LIKE lower(pattern COLLATE "C") ESCAPE '\' END
$$;

-- ---- values with their class ----

CREATE OR REPLACE FUNCTION sluice.of_text(t text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 's' || t $$;
CREATE OR REPLACE FUNCTION sluice.of_integer(i bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 'i' || i::text $$;
CREATE OR REPLACE FUNCTION sluice.of_real(x double precision) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN x <> 'NaN' THEN 'r' || x::text END $$;
CREATE OR REPLACE FUNCTION sluice.of_number(x double precision) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN sluice.is_integral(x) THEN 'i' || x::bigint::text ELSE sluice.of_real(x) END
$$;

-- The number that a numeric literal is.
CREATE OR REPLACE FUNCTION sluice.parse_number(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  trimmed text := btrim(t, E' \t\n\v\f\r');
BEGIN
  IF trimmed ~ '^[+-]?[0-9]+$' AND length(trimmed) < 100 AND
     trimmed::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
    RETURN 'i' || trimmed::numeric::text;
  END IF;
  RETURN sluice.of_real(sluice.parse_real(trimmed));
END $$;

-- NUMERIC affinity: a text that is a complete numeric literal is that number.
CREATE OR REPLACE FUNCTION sluice.numeric(v text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN left(v, 1) = 's' AND sluice.is_numeric(substr(v, 2)) THEN sluice.parse_number(substr(v, 2)) ELSE v END
$$;

CREATE OR REPLACE FUNCTION sluice.text(v text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN left(v, 1) = 'r' THEN sluice.real_text(substr(v, 2)::double precision) ELSE substr(v, 2) END
$$;

-- What a column of JSON keeps of a text: a bare number as NUMERIC affinity
-- keeps it, 1 for 1.0 (R-94).
CREATE OR REPLACE FUNCTION sluice.stored_json(t text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE left(v, 1) WHEN 'r' THEN sluice.number_text(substr(v, 2)::double precision) ELSE substr(v, 2) END
  FROM sluice.numeric('s' || t) AS v
$$;

-- The text that a value is, NULL for a number: no conversion.
CREATE OR REPLACE FUNCTION sluice.only_text(v text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN left(v, 1) = 's' THEN substr(v, 2) END $$;

-- The number that a value is or reads as, else NULL.
CREATE OR REPLACE FUNCTION sluice.only_real(v text) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN left(v, 1) <> 's' THEN substr(v, 2)::double precision
    WHEN sluice.is_numeric(substr(v, 2)) THEN sluice.parse_real(substr(v, 2)) END
$$;

CREATE OR REPLACE FUNCTION sluice.key(v text) RETURNS sluice.key
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  number double precision;
  rest bigint := 0;
BEGIN
  IF left(v, 1) = 's' THEN RETURN ROW(1, NULL, NULL, substr(v, 2))::sluice.key; END IF;
  number := substr(v, 2)::double precision;
  IF left(v, 1) = 'i' AND abs(number) >= 9007199254740992 THEN
    rest := CASE WHEN number >= 9223372036854775808::double precision THEN substr(v, 2)::bigint - 9223372036854775807 - 1
      ELSE substr(v, 2)::bigint - number::bigint END;
  END IF;
  -- Minus zero equals zero.
  RETURN ROW(0, number + 0, rest, NULL)::sluice.key;
END $$;

-- ---- JSON kept as text ----

CREATE OR REPLACE FUNCTION sluice.is_json(t text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF t !~ '^[ \t\n\r]*[\[{"tfn0-9-]' THEN RETURN false; END IF;
  PERFORM t::json;
  RETURN true;
EXCEPTION WHEN invalid_text_representation OR statement_too_complex OR untranslatable_character THEN
  RETURN false;
END $$;

CREATE OR REPLACE FUNCTION sluice.is_list(t text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT t ~ '^[ \t\n\r]*\[' AND sluice.is_json(t) $$;

-- A JSON value as SQL sees it (F-79). A text with U+0000 or half a surrogate
-- pair is an error: PostgreSQL has no such text.
CREATE OR REPLACE FUNCTION sluice.json_value(j json) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE json_typeof(j)
    WHEN 'string' THEN 's' || (j #>> '{}')
    WHEN 'number' THEN sluice.parse_number(j::text)
    WHEN 'boolean' THEN CASE WHEN btrim(j::text, E' \t\n\r') = 'true' THEN 'i1' ELSE 'i0' END
    WHEN 'null' THEN NULL
    ELSE 's' || regexp_replace(j::text, '("(?:[^"\\]|\\.)*")|[ \t\n\r]+', '\1', 'g') END
$$;

-- The value at `$.a.b[0]` of a stored text; what is no JSON is a JSON string
-- of the raw text (F-80).
CREATE OR REPLACE FUNCTION sluice.json_get(doc text, path text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  rest text := substr(path, 2);
  at json;
  step text[];
BEGIN
  IF sluice.is_json(doc) THEN
    at := doc::json;
  ELSIF rest = '' THEN
    RETURN 's' || doc;
  END IF;
  WHILE rest <> '' LOOP
    step := regexp_match(rest, '^(?:\.([^.\[]+)|\[([0-9]+)\])');
    IF step IS NULL THEN
      RAISE EXCEPTION 'bad JSON path: ''%''', path USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF at IS NULL THEN RETURN NULL; END IF;
    IF step[1] IS NOT NULL THEN
      rest := substr(rest, length(step[1]) + 2);
      IF json_typeof(at) <> 'object' THEN RETURN NULL; END IF;
      SELECT value INTO at FROM json_each(at) WITH ORDINALITY AS member(key, value, ord)
        WHERE key = step[1] ORDER BY ord LIMIT 1;
    ELSE
      rest := substr(rest, length(step[2]) + 3);
      IF json_typeof(at) <> 'array' OR step[2]::numeric > 2147483647 THEN RETURN NULL; END IF;
      at := at -> step[2]::integer;
    END IF;
    IF at IS NULL THEN RETURN NULL; END IF;
  END LOOP;
  RETURN sluice.json_value(at);
END $$;

-- The raw value of a column of JSON text: NUMERIC affinity keeps a number as a
-- number; of any other column a text.
CREATE OR REPLACE FUNCTION sluice.raw_value(doc text, is_numeric boolean) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN is_numeric THEN sluice.numeric('s' || doc) ELSE 's' || doc END
$$;

-- Elements of a list, or the one raw value of what is none (F-76, F-86).
CREATE OR REPLACE FUNCTION sluice.elements(doc text, is_numeric boolean) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 4 AS $$
BEGIN
  IF sluice.is_list(doc) THEN
    RETURN QUERY SELECT sluice.json_value(element) FROM json_array_elements(doc::json) AS element;
  ELSE
    RETURN NEXT sluice.raw_value(doc, is_numeric);
  END IF;
END $$;

-- Those elements that are texts, as they are: ids.
CREATE OR REPLACE FUNCTION sluice.texts(doc text, is_numeric boolean) RETURNS SETOF text
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 4 AS $$
  SELECT substr(element, 2) FROM sluice.elements(doc, is_numeric) AS element WHERE left(element, 1) = 's'
$$;

-- `:length` (F-75).
CREATE OR REPLACE FUNCTION sluice.length(doc text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN doc IS NULL OR doc = '' THEN 0::bigint
    WHEN sluice.is_list(doc) THEN json_array_length(doc::json)::bigint ELSE 1::bigint END
$$;

-- ---- geoDistance (F-106, F-107) ----

CREATE OR REPLACE FUNCTION sluice.geo_distance(lon_a double precision, lat_a double precision, lon_b double precision,
                                               lat_b double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  degree double precision := pi() / 180.0;
  cosine double precision;
BEGIN
  IF 'Infinity' IN (abs(lon_a), abs(lat_a), abs(lon_b), abs(lat_b)) THEN RETURN NULL; END IF;
  -- A product that becomes zero is an error in PostgreSQL; so small an angle
  -- is zero to any digit of the sums below.
  IF abs(lon_a) < 1e-150 THEN lon_a := 0; END IF;
  IF abs(lat_a) < 1e-150 THEN lat_a := 0; END IF;
  IF abs(lon_b) < 1e-150 THEN lon_b := 0; END IF;
  IF abs(lat_b) < 1e-150 THEN lat_b := 0; END IF;
  cosine := cos(lat_a * degree) * cos(lat_b * degree) * cos(lon_b * degree - lon_a * degree) +
            sin(lat_a * degree) * sin(lat_b * degree);
  IF cosine < -1 OR cosine > 1 THEN RETURN NULL; END IF;
  RETURN 6371 * acos(cosine);
END $$;

-- ---- strftime (F-108) ----
--
-- A moment is kept in up to three forms, as engine/date_functions.cc has it: a
-- Julian day in milliseconds, a date, a time of day; each worked out when it
-- is needed. `ok` is false behind a step that cannot be done.

DO $$ BEGIN
  CREATE TYPE sluice.moment AS (
    julian bigint, year integer, month integer, day integer, hour integer, minute integer, second double precision,
    zone integer, beyond integer, has_julian boolean, has_date boolean, has_time boolean, is_raw boolean,
    failed boolean, is_utc boolean, is_local boolean, subsecond boolean, ok boolean);
EXCEPTION WHEN duplicate_object THEN NULL; END $$;

CREATE OR REPLACE FUNCTION sluice.no_moment(failed boolean) RETURNS sluice.moment
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ROW(0, 0, 0, 0, 0, 0, 0, 0, 0, false, false, false, false, failed, false, false, false, true)::sluice.moment
$$;

CREATE OR REPLACE FUNCTION sluice.days_from_civil(y integer, m integer, d integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  year integer := CASE WHEN m <= 2 THEN y - 1 ELSE y END;
  era bigint := (CASE WHEN year >= 0 THEN year ELSE year - 399 END) / 400;
  of_era bigint := year - era * 400;
BEGIN
  RETURN era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * ((m + 9) % 12) + 2) / 5 + d - 1 - 719468;
END $$;

CREATE OR REPLACE FUNCTION sluice.days_beyond(y integer, m integer, d integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT greatest(0, d - CASE WHEN m = 2 AND y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0) THEN 29
    ELSE (ARRAY[31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[m] END)
$$;

CREATE OR REPLACE FUNCTION sluice.drop_fields(m sluice.moment) RETURNS sluice.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  m.has_date := false;
  m.has_time := false;
  m.zone := 0;
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.need_julian(m sluice.moment) RETURNS sluice.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF m.has_julian THEN RETURN m; END IF;
  IF m.is_raw OR (m.has_date AND (m.year < -4713 OR m.year > 9999)) THEN RETURN sluice.no_moment(true); END IF;
  m.julian := CASE WHEN m.has_date THEN sluice.days_from_civil(m.year, m.month, m.day)
    ELSE sluice.days_from_civil(2000, 1, 1) END * 86400000 + 210866760000000;
  m.has_julian := true;
  IF NOT m.has_time THEN RETURN m; END IF;
  m.julian := m.julian + m.hour * 3600000 + m.minute * 60000 + trunc(m.second * 1000 + 0.5)::bigint;
  IF m.zone = 0 THEN RETURN m; END IF;
  m.julian := m.julian - m.zone * 60000;
  m := sluice.drop_fields(m);
  m.is_utc := true;
  m.is_local := false;
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.need_date(m sluice.moment) RETURNS sluice.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  days bigint;
  era bigint;
  of_era bigint;
  year_of_era bigint;
  of_year bigint;
  month bigint;
BEGIN
  IF m.has_date THEN RETURN m; END IF;
  IF NOT m.has_julian THEN
    m.year := 2000;
    m.month := 1;
    m.day := 1;
  ELSIF m.julian < 0 OR m.julian > 464269060799999 THEN
    RETURN sluice.no_moment(true);
  ELSE
    days := (m.julian + 43200000) / 86400000 - 2440588 + 719468;
    era := (CASE WHEN days >= 0 THEN days ELSE days - 146096 END) / 146097;
    of_era := days - era * 146097;
    year_of_era := (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year := of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    month := (5 * of_year + 2) / 153;
    m.month := CASE WHEN month < 10 THEN month + 3 ELSE month - 9 END;
    m.year := year_of_era + era * 400 + CASE WHEN m.month <= 2 THEN 1 ELSE 0 END;
    m.day := of_year - (153 * month + 2) / 5 + 1;
  END IF;
  m.has_date := true;
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.need_time(m sluice.moment) RETURNS sluice.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  ms integer;
BEGIN
  IF m.has_time THEN RETURN m; END IF;
  m := sluice.need_julian(m);
  ms := (m.julian + 43200000) % 86400000;
  m.second := ms % 60000 / 1000.0::double precision;
  m.minute := ms / 60000 % 60;
  m.hour := ms / 3600000;
  m.is_raw := false;
  m.has_time := true;
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.set_raw(m sluice.moment, value double precision) RETURNS sluice.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  m.second := value;
  m.is_raw := true;
  m.ok := true;
  IF value >= 0 AND value < 5373484.5 THEN
    m.julian := trunc(value * 86400000 + 0.5)::bigint;
    m.has_julian := true;
  END IF;
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.set_now(m sluice.moment) RETURNS sluice.moment
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  m.julian := floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint + 210866760000000;
  m.has_julian := true;
  m.is_utc := true;
  m.is_local := false;
  m.ok := true;
  RETURN sluice.drop_fields(m);
END $$;

-- HH:MM, HH:MM:SS or HH:MM:SS.FFF, and a zone.
CREATE OR REPLACE FUNCTION sluice.read_time(m sluice.moment, t text) RETURNS sluice.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  part text[] := regexp_match(t, '^([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(.*)$');
  zone text[];
BEGIN
  m.ok := part IS NOT NULL AND part[1]::integer <= 24 AND part[2]::integer <= 59 AND coalesce(part[3], '0')::integer <= 59;
  IF NOT m.ok THEN RETURN m; END IF;
  m.has_julian := false;
  m.is_raw := false;
  m.has_time := true;
  m.hour := part[1]::integer;
  m.minute := part[2]::integer;
  m.second := coalesce(part[3], '0')::integer;
  -- No time of day ever rounds up to the next second.
  IF part[4] IS NOT NULL THEN
    m.second := m.second + least(sluice.parse_real('0.' || left(part[4], 40)), 0.999::double precision);
  END IF;
  m.zone := 0;
  zone := regexp_match(part[5], '^[ \t\n\v\f\r]*([Zz]|([+-])([0-9]{2}):([0-9]{2}))?[ \t\n\v\f\r]*$');
  m.ok := zone IS NOT NULL AND coalesce(zone[3], '0')::integer <= 14 AND coalesce(zone[4], '0')::integer <= 59;
  IF NOT m.ok OR zone[1] IS NULL THEN RETURN m; END IF;
  IF zone[2] IS NOT NULL THEN
    m.zone := (zone[3]::integer * 60 + zone[4]::integer) * CASE WHEN zone[2] = '-' THEN -1 ELSE 1 END;
  END IF;
  IF m.zone = 0 THEN
    m.is_local := false;
    m.is_utc := true;
  END IF;
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.read_date(m sluice.moment, t text) RETURNS sluice.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  part text[] := regexp_match(t, '^(-?)([0-9]{4})-([0-9]{2})-([0-9]{2})(.*)$');
  rest text;
BEGIN
  m.ok := part IS NOT NULL AND part[2]::integer <= 14712 AND part[3]::integer BETWEEN 1 AND 12 AND
    part[4]::integer BETWEEN 1 AND 31;
  IF NOT m.ok THEN RETURN m; END IF;
  rest := ltrim(part[5], E' \t\n\v\f\rT');
  m := sluice.read_time(m, rest);
  IF NOT m.ok THEN
    IF rest <> '' THEN RETURN m; END IF;
    m.ok := true;
    m.has_time := false;
  END IF;
  m.has_julian := false;
  m.has_date := true;
  m.year := part[2]::integer * CASE WHEN part[1] = '-' THEN -1 ELSE 1 END;
  m.month := part[3]::integer;
  m.day := part[4]::integer;
  m.beyond := sluice.days_beyond(m.year, m.month, m.day);
  IF m.zone <> 0 THEN m := sluice.need_julian(m); END IF;
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.read_moment(v text) RETURNS sluice.moment
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  empty sluice.moment := sluice.no_moment(false);
  m sluice.moment;
  t text := substr(v, 2);
BEGIN
  IF left(v, 1) <> 's' THEN RETURN sluice.set_raw(empty, t::double precision); END IF;
  m := sluice.read_date(empty, t);
  IF NOT m.ok THEN m := sluice.read_time(empty, t); END IF;
  IF m.ok THEN RETURN m; END IF;
  t := lower(t COLLATE "C");
  IF t = 'now' THEN RETURN sluice.set_now(empty); END IF;
  IF sluice.is_numeric(t) THEN RETURN sluice.set_raw(empty, sluice.parse_real(t)); END IF;
  m := empty;
  m.ok := t IN ('subsec', 'subsecond');
  m.subsecond := true;
  IF m.ok THEN m := sluice.set_now(m); END IF;
  RETURN m;
END $$;

-- The session's TimeZone stands for the process's.
CREATE OR REPLACE FUNCTION sluice.to_local(m sluice.moment) RETURNS sluice.moment
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  utc sluice.moment;
  moved integer := 0;
  local timestamp;
BEGIN
  m := sluice.need_julian(m);
  utc := m;
  IF m.julian < 210866760000000 OR m.julian > 213014145600000 THEN
    utc := sluice.need_time(sluice.need_date(utc));
    moved := 2000 + utc.year % 4 - utc.year;
    utc.year := utc.year + moved;
    utc.has_julian := false;
    utc := sluice.need_julian(utc);
  END IF;
  local := to_timestamp(utc.julian / 1000 - 210866760000) AT TIME ZONE current_setting('TimeZone');
  m.year := extract(year FROM local)::integer - moved;
  m.month := extract(month FROM local)::integer;
  m.day := extract(day FROM local)::integer;
  m.hour := extract(hour FROM local)::integer;
  m.minute := extract(minute FROM local)::integer;
  m.second := trunc(extract(second FROM local))::double precision + (m.julian % 1000)::double precision * 0.001;
  m.has_date := true;
  m.has_time := true;
  m.has_julian := false;
  m.is_raw := false;
  m.failed := false;
  m.zone := 0;
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.to_utc(m sluice.moment) RETURNS sluice.moment
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  wanted bigint;
  guess bigint;
  error bigint := 0;
  tries integer := 0;
  local sluice.moment;
BEGIN
  m := sluice.need_julian(m);
  wanted := m.julian;
  guess := wanted;
  LOOP
    guess := guess - error;
    local := sluice.no_moment(false);
    local.julian := guess;
    local.has_julian := true;
    local := sluice.need_julian(sluice.to_local(local));
    error := local.julian - wanted;
    EXIT WHEN error = 0 OR tries >= 3;
    tries := tries + 1;
  END LOOP;
  m := sluice.no_moment(false);
  m.julian := guess;
  m.has_julian := true;
  m.is_utc := true;
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.add_months(m sluice.moment, months integer) RETURNS sluice.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  years integer;
BEGIN
  m.month := m.month + months;
  years := CASE WHEN m.month > 0 THEN (m.month - 1) / 12 ELSE (m.month - 12) / 12 END;
  m.year := m.year + years;
  m.month := m.month - years * 12;
  m.beyond := sluice.days_beyond(m.year, m.month, m.day);
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.shift_time(m sluice.moment, t text, back boolean) RETURNS sluice.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  shift sluice.moment := sluice.read_time(sluice.no_moment(false), t);
  ms bigint;
BEGIN
  m.ok := shift.ok;
  IF NOT m.ok THEN RETURN m; END IF;
  shift := sluice.need_julian(shift);
  ms := (shift.julian - 43200000) % 86400000;
  m := sluice.drop_fields(sluice.need_julian(m));
  m.julian := m.julian + CASE WHEN back THEN -ms ELSE ms END;
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.shift_units(m sluice.moment, amount double precision, unit text) RETURNS sluice.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  most real;
  seconds double precision;
  rounding double precision := CASE WHEN amount < 0 THEN -0.5 ELSE 0.5 END;
  whole integer;
BEGIN
  m.ok := length(unit) BETWEEN 3 AND 10;
  IF NOT m.ok THEN RETURN m; END IF;
  IF right(unit, 1) = 's' THEN unit := left(unit, -1); END IF;
  -- The limits are single-precision numbers, as SQLite keeps them.
  SELECT u.most, u.seconds INTO most, seconds FROM (VALUES
    ('second', 4.6427e+14::real, 1), ('minute', 7.7379e+12::real, 60), ('hour', 1.2897e+11::real, 3600),
    ('day', 5373485.0::real, 86400), ('month', 176546.0::real, 2592000), ('year', 14713.0::real, 31536000)
  ) AS u(name, most, seconds) WHERE u.name = unit;
  m.ok := most IS NOT NULL AND abs(amount) < most::double precision;
  IF NOT m.ok THEN RETURN m; END IF;
  m := sluice.need_julian(m);
  m.beyond := 0;
  IF unit IN ('month', 'year') THEN
    whole := trunc(amount)::integer;
    m := sluice.need_time(sluice.need_date(m));
    IF unit = 'year' THEN
      m.year := m.year + whole;
      m.beyond := sluice.days_beyond(m.year, m.month, m.day);
    ELSE
      m := sluice.add_months(m, whole);
    END IF;
    m.has_julian := false;
    amount := amount - whole;
  END IF;
  m := sluice.need_julian(m);
  m.julian := m.julian + trunc(amount * 1000.0 * seconds + rounding)::bigint;
  RETURN sluice.drop_fields(m);
END $$;

-- `NNN units`, `+HH:MM:SS` or `+YYYY-MM-DD HH:MM:SS`.
CREATE OR REPLACE FUNCTION sluice.shift(m sluice.moment, t text) RETURNS sluice.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  size integer := 1;
  c text;
  back boolean := left(t, 1) = '-';
  direction integer := CASE WHEN left(t, 1) = '-' THEN -1 ELSE 1 END;
  part text[];
BEGIN
  WHILE size < length(t) LOOP
    c := substr(t, size + 1, 1);
    EXIT WHEN c = ':' OR c ~ '[ \t\n\v\f\r]';
    EXIT WHEN c = '-' AND (size = 5 AND t ~ '^.[0-9]{4}-' OR size = 6 AND t ~ '^.[0-9]{5}-' AND substr(t, 2, 5)::integer <= 14712);
    size := size + 1;
  END LOOP;
  m.ok := sluice.is_numeric(left(t, size));
  IF NOT m.ok THEN RETURN m; END IF;
  c := substr(t, size + 1, 1);
  IF c = '-' THEN
    part := regexp_match(t, '^[+-]([0-9]+)-([0-9]{2})-([0-9]{2})(.*)$');
    m.ok := part IS NOT NULL AND length(part[1]) = size - 1 AND part[1]::integer <= 14712 AND part[2]::integer <= 11 AND
      part[3]::integer <= 30;
    IF NOT m.ok THEN RETURN m; END IF;
    m := sluice.need_time(sluice.need_date(m));
    m.has_julian := false;
    m.year := m.year + direction * part[1]::integer;
    m := sluice.need_julian(sluice.add_months(m, direction * part[2]::integer));
    m.has_date := false;
    m.has_time := false;
    m.julian := m.julian + direction * part[3]::integer * 86400000::bigint;
    IF part[4] = '' THEN RETURN m; END IF;
    m.ok := part[4] ~ '^[ \t\n\v\f\r][0-9]{2}:[0-9]{2}' AND substr(part[4], 2, 2)::integer <= 24 AND
      substr(part[4], 5, 2)::integer <= 59;
    IF NOT m.ok THEN RETURN m; END IF;
    RETURN sluice.shift_time(m, substr(part[4], 2), back);
  END IF;
  IF c = ':' THEN RETURN sluice.shift_time(m, CASE WHEN t ~ '^[0-9]' THEN t ELSE substr(t, 2) END, back); END IF;
  RETURN sluice.shift_units(m, sluice.parse_real(left(t, size)), ltrim(substr(t, size + 1), E' \t\n\v\f\r'));
END $$;

CREATE OR REPLACE FUNCTION sluice.modify(m sluice.moment, modifier text, place integer) RETURNS sluice.moment
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  t text := lower(modifier COLLATE "C");
  unix_ms double precision;
  wanted double precision;
  days integer;
BEGIN
  IF t ~ '^[+0-9-]' THEN RETURN sluice.shift(m, t); END IF;
  IF left(t, 9) = 'start of ' THEN
    m.ok := m.has_julian OR m.has_date OR m.has_time;
    IF NOT m.ok THEN RETURN m; END IF;
    m := sluice.need_date(m);
    m.has_time := true;
    m.hour := 0;
    m.minute := 0;
    m.second := 0;
    m.is_raw := false;
    m.zone := 0;
    m.has_julian := false;
    m.ok := substr(t, 10) IN ('year', 'month', 'day');
    IF substr(t, 10) <> 'day' THEN m.day := 1; END IF;
    IF substr(t, 10) = 'year' THEN m.month := 1; END IF;
  ELSIF left(t, 8) = 'weekday ' THEN
    m.ok := sluice.is_numeric(substr(t, 9));
    IF NOT m.ok THEN RETURN m; END IF;
    wanted := sluice.parse_real(substr(t, 9));
    m.ok := wanted >= 0 AND wanted < 7 AND wanted = trunc(wanted);
    IF NOT m.ok THEN RETURN m; END IF;
    m := sluice.need_time(sluice.need_date(m));
    m.zone := 0;
    m.has_julian := false;
    m := sluice.need_julian(m);
    days := wanted::integer - (m.julian + 129600000) / 86400000 % 7;
    m.julian := m.julian + CASE WHEN days < 0 THEN days + 7 ELSE days END * 86400000::bigint;
    m := sluice.drop_fields(m);
  ELSIF t = 'auto' THEN
    m.ok := place <= 1;
    IF NOT m.ok THEN RETURN m; END IF;
    IF NOT m.is_raw OR m.has_julian THEN
      m.is_raw := false;
    ELSIF m.second >= -210866760000 AND m.second <= 253402300799 THEN
      m.julian := trunc(m.second * 1000.0 + 210866760000000 + 0.5)::bigint;
      m := sluice.drop_fields(m);
      m.has_julian := true;
      m.is_raw := false;
    END IF;
  ELSIF t = 'unixepoch' THEN
    unix_ms := CASE WHEN m.is_raw AND place <= 1 AND abs(m.second) < 1e300 THEN m.second * 1000.0 + 210866760000000 END;
    m.ok := coalesce(unix_ms >= 0 AND unix_ms < 464269060800000, false);
    IF NOT m.ok THEN RETURN m; END IF;
    m.julian := trunc(unix_ms + 0.5)::bigint;
    m := sluice.drop_fields(m);
    m.has_julian := true;
    m.is_raw := false;
  ELSIF t = 'julianday' THEN
    m.ok := place <= 1 AND m.has_julian AND m.is_raw;
    m.is_raw := false;
  ELSIF t = 'ceiling' THEN
    m := sluice.drop_fields(sluice.need_julian(m));
    m.beyond := 0;
  ELSIF t = 'floor' THEN
    m := sluice.need_julian(m);
    m.julian := m.julian - m.beyond * 86400000::bigint;
    m := sluice.drop_fields(m);
  ELSIF t = 'localtime' THEN
    IF NOT m.is_local THEN m := sluice.to_local(m); END IF;
    m.is_utc := false;
    m.is_local := true;
  ELSIF t = 'utc' THEN
    IF NOT m.is_utc THEN m := sluice.to_utc(m); END IF;
  ELSIF t IN ('subsec', 'subsecond') THEN
    m.subsecond := true;
  ELSE
    m.ok := false;
  END IF;
  RETURN m;
END $$;

CREATE OR REPLACE FUNCTION sluice.day_of_year(m sluice.moment) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  start sluice.moment := m;
BEGIN
  start.has_julian := false;
  start.month := 1;
  start.day := 1;
  start := sluice.need_julian(start);
  RETURN (m.julian - start.julian + 43200000) / 86400000;
END $$;

-- The number as printf's %.16g has it in SQLite.
CREATE OR REPLACE FUNCTION sluice.sixteen_digits(x double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  found record;
  z text;
  point integer;
BEGIN
  IF x = 0 THEN RETURN '0'; END IF;
  found := sluice.decimal(abs(x), 17);
  z := found.digits::text;
  point := length(z) + found.exponent;
  IF length(z) > 16 THEN
    IF substr(z, 17, 1) >= '5' THEN
      z := (left(z, 16)::numeric + 1)::text;
      point := point + length(z) - 16;
    ELSE
      z := left(z, 16);
    END IF;
  END IF;
  RETURN CASE WHEN x < 0 THEN '-' ELSE '' END || sluice.digits_text(rtrim(z, '0'), point, 15, true);
END $$;

-- What one letter of a format stands for; NULL for an unknown letter.
CREATE OR REPLACE FUNCTION sluice.format_letter(m sluice.moment, letter text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  monday integer := (m.julian + 43200000) / 86400000 % 7;
  sunday integer := (m.julian + 129600000) / 86400000 % 7;
  thursday sluice.moment;
  twelve integer := CASE WHEN m.hour > 12 THEN m.hour - 12 WHEN m.hour = 0 THEN 12 ELSE m.hour END;
  unix_ms bigint := m.julian - 210866760000000;
  exact numeric;
  ms integer;
BEGIN
  IF letter IN ('G', 'g', 'V') THEN
    thursday := m;
    thursday.julian := m.julian + (3 - monday) * 86400000::bigint;
    thursday.has_date := false;
    thursday := sluice.need_date(thursday);
  END IF;
  CASE letter
    WHEN 'd' THEN RETURN sluice.padded(m.day, 2, '0');
    WHEN 'e' THEN RETURN sluice.padded(m.day, 2, ' ');
    WHEN 'f' THEN
      -- All digits of the number, halves rounded up.
      exact := to_char(m.second, '9.99999999999999999999EEEE')::numeric;
      ms := trunc(exact)::integer * 1000 + trunc(mod(exact, 1) * 1000)::integer +
        CASE WHEN mod(trunc(exact * 10000), 10) >= 5 THEN 1 ELSE 0 END;
      RETURN sluice.padded(ms / 1000, 2, '0') || '.' || sluice.padded(ms % 1000, 3, '0');
    WHEN 'F' THEN RETURN sluice.padded(m.year, 4, '0') || '-' || sluice.padded(m.month, 2, '0') || '-' || sluice.padded(m.day, 2, '0');
    WHEN 'G' THEN RETURN sluice.padded(thursday.year, 4, '0');
    WHEN 'g' THEN RETURN sluice.padded(thursday.year % 100, 2, '0');
    WHEN 'H' THEN RETURN sluice.padded(m.hour, 2, '0');
    WHEN 'k' THEN RETURN sluice.padded(m.hour, 2, ' ');
    WHEN 'I' THEN RETURN sluice.padded(twelve, 2, '0');
    WHEN 'l' THEN RETURN sluice.padded(twelve, 2, ' ');
    WHEN 'j' THEN RETURN sluice.padded(sluice.day_of_year(m) + 1, 3, '0');
    WHEN 'J' THEN RETURN sluice.sixteen_digits(m.julian::double precision / 86400000);
    WHEN 'm' THEN RETURN sluice.padded(m.month, 2, '0');
    WHEN 'M' THEN RETURN sluice.padded(m.minute, 2, '0');
    WHEN 'p' THEN RETURN CASE WHEN m.hour >= 12 THEN 'PM' ELSE 'AM' END;
    WHEN 'P' THEN RETURN CASE WHEN m.hour >= 12 THEN 'pm' ELSE 'am' END;
    WHEN 'R' THEN RETURN sluice.padded(m.hour, 2, '0') || ':' || sluice.padded(m.minute, 2, '0');
    WHEN 's' THEN
      IF NOT m.subsecond THEN RETURN (m.julian / 1000 - 210866760000)::text; END IF;
      RETURN CASE WHEN unix_ms < 0 THEN '-' ELSE '' END || abs(unix_ms) / 1000 || '.' || sluice.padded((abs(unix_ms) % 1000)::integer, 3, '0');
    WHEN 'S' THEN RETURN sluice.padded(trunc(m.second)::integer, 2, '0');
    WHEN 'T' THEN RETURN sluice.padded(m.hour, 2, '0') || ':' || sluice.padded(m.minute, 2, '0') || ':' || sluice.padded(trunc(m.second)::integer, 2, '0');
    WHEN 'u' THEN RETURN (monday + 1)::text;
    WHEN 'w' THEN RETURN sunday::text;
    WHEN 'U' THEN RETURN sluice.padded((sluice.day_of_year(m) - sunday + 7) / 7, 2, '0');
    WHEN 'V' THEN RETURN sluice.padded(sluice.day_of_year(thursday) / 7 + 1, 2, '0');
    WHEN 'W' THEN RETURN sluice.padded((sluice.day_of_year(m) - monday + 7) / 7, 2, '0');
    WHEN 'Y' THEN RETURN sluice.padded(m.year, 4, '0');
    WHEN '%' THEN RETURN '%';
    ELSE RETURN NULL;
  END CASE;
END $$;

-- printf's %0Nd and %Nd: the width counts the sign.
CREATE OR REPLACE FUNCTION sluice.padded(n integer, width integer, fill text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN length(n::text) >= width THEN n::text
    WHEN n < 0 AND fill = '0' THEN '-' || lpad((-n)::text, width - 1, fill)
    ELSE lpad(n::text, width, fill) END
$$;

-- strftime(format, time value, modifiers…); without a time value: now. The
-- time value has its class in front, as the other values of unknown class do.
CREATE OR REPLACE FUNCTION sluice.strftime(format text, value text, VARIADIC modifiers text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  m sluice.moment;
  count integer := coalesce(array_length(modifiers, 1), 0);
  result text := '';
  i integer := 1;
  piece text;
BEGIN
  IF format IS NULL OR value IS NULL THEN RETURN NULL; END IF;
  m := sluice.read_moment(value);
  IF NOT m.ok THEN RETURN NULL; END IF;
  FOR place IN 1..count LOOP
    IF modifiers[place] IS NULL OR modifiers[place] = '' THEN RETURN NULL; END IF;
    m := sluice.modify(m, modifiers[place], place);
    IF NOT m.ok THEN RETURN NULL; END IF;
  END LOOP;
  m := sluice.need_julian(m);
  IF m.failed OR m.julian < 0 OR m.julian > 464269060799999 THEN RETURN NULL; END IF;
  -- Only without any modifier is 2023-02-31 put right.
  IF count = 0 AND m.has_date AND m.day > 28 THEN m.has_date := false; END IF;
  m := sluice.need_time(sluice.need_date(m));
  WHILE i <= length(format) LOOP
    piece := substr(format, i, 1);
    IF piece = '%' THEN
      i := i + 1;
      piece := sluice.format_letter(m, substr(format, i, 1));
      IF piece IS NULL THEN RETURN NULL; END IF;
    END IF;
    result := result || piece;
    i := i + 1;
  END LOOP;
  RETURN result;
END $$;
CREATE OR REPLACE FUNCTION sluice.strftime(format text, value text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT sluice.strftime(format, value, VARIADIC ARRAY[]::text[]) $$;
CREATE OR REPLACE FUNCTION sluice.strftime(format text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT sluice.strftime(format, 'snow', VARIADIC ARRAY[]::text[]) $$;
