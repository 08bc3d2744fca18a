package carve.models.data;

/** The shapes, each the set of points {@code (x, y)} that it covers of the square from -1 to 1; y points down. */
public enum ShapeKind {
    /** The unit disc. */
    CIRCLE("circle") {
        @Override
        boolean covers(double x, double y) {
            return x * x + y * y <= 1;
        }
    },
    /** A square with sides along the axes. */
    SQUARE("square") {
        @Override
        boolean covers(double x, double y) {
            return Math.abs(x) <= 0.9 && Math.abs(y) <= 0.9;
        }
    },
    /** A triangle that stands on its base. */
    TRIANGLE("triangle") {
        @Override
        boolean covers(double x, double y) {
            return y <= 0.85 && Math.abs(x) * 1.85 <= y + 1;
        }
    },
    /** A pentagram with one point up: inside at least four of its five lines. */
    STAR("star") {
        @Override
        boolean covers(double x, double y) {
            int outside = 0;
            for (double[] normal : NORMALS) {
                outside += x * normal[0] + y * normal[1] > LINE_DISTANCE ? 1 : 0;
            }
            return outside <= 1;
        }
    };

    // of the pentagram's lines: their distance from its middle, cos 72, and their outward normals, one straight up
    private static final double LINE_DISTANCE = StrictMath.cos(2 * Math.PI / 5);
    private static final double[][] NORMALS = normals();

    private final String word;

    ShapeKind(String word) {
        this.word = word;
    }

    /** Returns the word in questions and answers. */
    public String word() {
        return word;
    }

    /** Returns the plural of the word. */
    public String plural() {
        return word + "s";
    }

    abstract boolean covers(double x, double y);

    private static double[][] normals() {
        double[][] result = new double[5][];
        for (int i = 0; i < 5; i++) {
            double angle = i * 2 * Math.PI / 5;
            result[i] = new double[] {StrictMath.sin(angle), -StrictMath.cos(angle)};
        }
        return result;
    }
}
