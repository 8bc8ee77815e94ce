import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import org.zeromq.ZMQ;

/**
 * Sockets of JeroMQ, told by lines what to do: a name, a verb, and words. Octets are hexadecimal, none are "-". Answers each line
 * by one: "ok", or the parts of a message.
 */
public class JeromqPeer {
    public static void main(String[] args) throws Exception {
        ZMQ.Context context = ZMQ.context(1);
        Map<String, ZMQ.Socket> sockets = new HashMap<>();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ");
            String answer = "ok";
            if (words[1].equals("open")) {
                sockets.put(words[0], open(context, words));
            } else {
                ZMQ.Socket socket = sockets.get(words[0]);
                if (words[1].equals("send")) send(socket, words);
                else if (words[1].equals("receive")) answer = receive(socket);
                else if (words[1].equals("subscribe")) socket.subscribe(octets(words[2]));
                else if (words[1].equals("close")) socket.close();
            }
            System.out.println(answer);
        }
        System.exit(0);
    }

    static ZMQ.Socket open(ZMQ.Context context, String[] words) throws Exception {
        int type = ZMQ.class.getField(words[2]).getInt(null);
        ZMQ.Socket socket = context.socket(type);
        socket.setLinger(0);
        socket.setReceiveTimeOut(10000);
        if (!words[5].equals("-")) socket.setIdentity(octets(words[5]));
        if (words[3].equals("bind")) socket.bind(words[4]);
        else socket.connect(words[4]);
        return socket;
    }

    static void send(ZMQ.Socket socket, String[] words) {
        for (int i = 2; i < words.length; i++) {
            socket.send(octets(words[i]), i < words.length - 1 ? ZMQ.SNDMORE : 0);
        }
    }

    static String receive(ZMQ.Socket socket) {
        StringBuilder answer = new StringBuilder();
        do {
            byte[] part = socket.recv(0);
            if (part == null) return "nothing";
            answer.append(answer.length() == 0 ? "" : " ").append(part.length == 0 ? "-" : "");
            for (byte octet : part) answer.append(String.format("%02x", octet));
        } while (socket.hasReceiveMore());
        return answer.toString();
    }

    static byte[] octets(String hex) {
        if (hex.equals("-")) return new byte[0];
        byte[] octets = new byte[hex.length() / 2];
        for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        return octets;
    }
}
