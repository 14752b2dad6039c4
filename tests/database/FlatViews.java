// What JDBC makes of the flat views, for tests/database/test_bi_jdbc.py: URL, then views.
// A line for each column: view, column, JDBC type, class of its values or "", its comment; then one for each refused statement.

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

class FlatViews {
  public static void main(String[] arguments) throws SQLException {
    try (Connection connection = DriverManager.getConnection(arguments[0], System.getenv("PGUSER"), System.getenv("PGPASSWORD"))) {
      for (int place = 1; place < arguments.length; place++) {
        show(connection, arguments[place]);
      }
      try (Statement statement = connection.createStatement()) {
        statement.executeQuery("select * from audit.audit_logs");
      } catch (SQLException refusal) {
        System.out.println(refusal.getSQLState());
      }
    }
  }

  private static void show(Connection connection, String view) throws SQLException {
    Map<String, String> comments = new HashMap<>();
    try (ResultSet columns = connection.getMetaData().getColumns(null, "audit", view, null)) {
      while (columns.next()) {
        comments.put(columns.getString("COLUMN_NAME"), columns.getString("REMARKS"));
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select * from audit." + view)) {
      ResultSetMetaData shape = rows.getMetaData();
      String[] classes = new String[shape.getColumnCount()];
      java.util.Arrays.fill(classes, "");
      while (rows.next()) {
        for (int place = 1; place <= classes.length; place++) {
          Object value = rows.getObject(place);
          if (value != null) {
            classes[place - 1] = value.getClass().getName();
          }
        }
      }
      for (int place = 1; place <= classes.length; place++) {
        String name = shape.getColumnName(place);
        int type = shape.getColumnType(place);
        System.out.println(String.join("\t", view, name, java.sql.JDBCType.valueOf(type).getName(), classes[place - 1], comments.get(name)));
      }
    }
  }
}
