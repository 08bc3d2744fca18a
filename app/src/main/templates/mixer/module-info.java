/** The mixer {@code {{name}}}. */
module {{package}} {
    requires carve.api;

    provides carve.api.mixer.MixerProvider with
            {{package}}.{{class}}.Provider;
}
