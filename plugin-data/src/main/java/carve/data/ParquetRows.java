package carve.data;

import carve.api.CarveException;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import dev.hardwood.InputFile;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.FieldAccessor;
import dev.hardwood.row.PqList;
import dev.hardwood.row.PqStruct;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.SchemaNode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Rows of Parquet files as objects: strings, numbers, booleans, structs and lists; a column of another type is refused by name. */
final class ParquetRows {
    private ParquetRows() {}

    /**
     * Reads the columns that are wanted, of those that are there.
     *
     * @throws IOException if the file cannot be read, or is compressed with a codec that is not supported
     */
    static void read(DataFile file, Set<String> wanted, RowSink sink, LongConsumer progress) throws IOException {
        String place = file.path().toString();
        try (ParquetFileReader reader = ParquetFileReader.open(InputFile.of(file.path()))) {
            List<String> columns = reader.getFileSchema().getRootNode().children().stream()
                    .map(SchemaNode::name)
                    .filter(wanted::contains)
                    .toList();
            if (columns.isEmpty()) {
                sink.bad(place, "no column %s; there are %s".formatted(String.join(", ", wanted), columns(reader)));
                return;
            }
            ColumnProjection projection = ColumnProjection.columns(columns.toArray(String[]::new));
            try (RowReader rows = reader.buildRowReader().projection(projection).build()) {
                rows(place, reader.getFileMetaData().rowGroups(), rows, sink);
            }
        } catch (CarveException e) {
            throw e;
        } catch (RuntimeException e) {
            // the library throws whatever a damaged file leads to
            throw new IOException(reason(e), e);
        }
        progress.accept(Files.size(file.path()));
    }

    private static String reason(Throwable failure) {
        Stream<Throwable> causes = Stream.iterate(failure, Objects::nonNull, Throwable::getCause);
        return causes.map(cause -> String.valueOf(cause.getMessage())).collect(Collectors.joining(": "));
    }

    private static String columns(ParquetFileReader reader) {
        return String.join(
                ", ",
                reader.getFileSchema().getRootNode().children().stream()
                        .map(SchemaNode::name)
                        .toList());
    }

    private static void rows(String place, List<RowGroup> groups, RowReader rows, RowSink sink) {
        for (int group = 0; group < groups.size(); group++) {
            for (long row = 0; row < groups.get(group).numRows() && rows.hasNext(); row++) {
                rows.next();
                String where = "%s: row group %d, row %d".formatted(place, group, row);
                JsonObject object;
                try {
                    object = object(rows);
                } catch (IllegalArgumentException e) {
                    sink.bad(where, String.valueOf(e.getMessage()));
                    continue;
                }
                sink.row(where, object);
            }
        }
    }

    private static JsonObject object(FieldAccessor row) {
        JsonObject object = JsonObject.empty();
        for (int i = 0; i < row.getFieldCount(); i++) {
            String name = row.getFieldName(i);
            object = object.with(name, row.isNull(name) ? new JsonNull() : value(name, row.getValue(name)));
        }
        return object;
    }

    private static JsonValue value(String name, Object value) {
        return switch (value) {
            case String text -> new JsonString(text);
            case Boolean flag -> new JsonBoolean(flag);
            case Integer number -> JsonNumber.of(number);
            case Long number -> JsonNumber.of(number);
            case Float number -> JsonNumber.of(number);
            case Double number -> JsonNumber.of(number);
            case PqStruct struct -> object(struct);
            case PqList list -> list(name, list);
            default ->
                throw new IllegalArgumentException("column '%s' has values of the type %s, which is not supported"
                        .formatted(name, value.getClass().getSimpleName()));
        };
    }

    private static JsonArray list(String name, PqList list) {
        List<JsonValue> items = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            items.add(list.isNull(i) ? new JsonNull() : value(name, list.get(i)));
        }
        return new JsonArray(items);
    }
}
