/** The stage {@code {{name}}}. */
module {{package}} {
    requires carve.api;

    provides carve.api.stage.StageProvider with
            {{package}}.{{class}};
}
