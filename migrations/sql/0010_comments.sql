COMMENT ON COLUMN state_vectors.callsign IS 'up to 8 characters, without the blanks that pad it; shared by several aircraft at times, so never an identity'
