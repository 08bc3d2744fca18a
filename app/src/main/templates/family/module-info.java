/** The model family {@code {{name}}}. */
module {{package}} {
    requires carve.api;

    provides carve.api.model.ModelFamily with
            {{package}}.{{class}};
}
