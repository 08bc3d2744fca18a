/** The loss {@code {{name}}}. */
module {{package}} {
    requires carve.api;

    provides carve.api.loss.LossProvider with
            {{package}}.{{class}}.Provider;
}
