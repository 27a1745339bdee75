# The page. Node comes from the PATH; if it has none that is new enough, from web/requirements.lock.
WEB_SOURCES := $(shell find web/src web/geography web/public clients/typescript/src -type f \
	-not -name geography.json) web/index.html web/vite.config.ts web/first-view.ts web/package-lock.json

.PHONY: web
web: web/dist/index.html ## build the page

web/dist/index.html: $(WEB_SOURCES) | $(BIN)/.web
	@echo "building the page ..."
	@$(BIN)/python web/build.py build

$(BIN)/.web: $(BIN)/.runtime web/requirements.lock
	@node --version 2>/dev/null | grep -qE '^v(22\.(1[89]|[2-9][0-9])|2[3-9]|[3-9][0-9])\.' || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r web/requirements.lock
	@touch $@
