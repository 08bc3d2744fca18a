/** The device {@code {{name}}}. */
module {{package}} {
    requires carve.api;

    provides carve.api.device.DeviceProvider with
            {{package}}.{{class}}Provider;
}
