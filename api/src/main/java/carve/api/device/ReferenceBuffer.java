package carve.api.device;

/**
 * The values of a tensor of {@link ReferenceDevice}, each exactly representable in its storage type; of a quantised tensor the
 * bytes, signed.
 */
record ReferenceBuffer(double[] values) implements Buffer {
    @Override
    public long bytes() {
        return 8L * values.length;
    }

    @Override
    public void close() {
        // the collector's
    }
}
