import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.io.IOException;
import java.util.List;

/** Serves a file on 127.0.0.1 until SIGTERM, or until whoever started it is gone: its standard input ends then. */
class StandIn {
  /** What today's drivers ask for at least; the server announces an older protocol by itself, though it speaks this one. */
  private static final MongoVersion VERSION = new MongoVersion() {
    public List<Integer> getVersionArray() {
      return List.of(5, 0, 0);
    }

    public int getWireVersion() {
      return 13;
    }
  };

  public static void main(String[] arguments) throws IOException {
    MongoServer server = new MongoServer(new H2Backend(arguments[0]).version(VERSION));
    server.bind("127.0.0.1", Integer.parseInt(arguments[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    System.out.println("port " + server.getLocalAddress().getPort());
    while (System.in.read() >= 0) {}
    System.exit(0);
  }
}
