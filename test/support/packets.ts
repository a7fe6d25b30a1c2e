// As much of the MySQL wire protocol as a fault proxy needs: whole packets out of a byte stream, and the statement in them.
// Plain connections only (no TLS, no compression). Never changes a byte: what is not understood is passed on.

const HEADER_BYTES = 4;
const COM_QUERY = 0x03;
const COM_STMT_PREPARE = 0x16;
const COM_STMT_EXECUTE = 0x17;

/** A stateful cutter: feed it chunks, get whole packets, header included. */
export function packetCutter(): (chunk: Buffer) => Buffer[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const packets: Buffer[] = [];
    while (rest.length >= HEADER_BYTES && rest.length >= HEADER_BYTES + rest.readUIntLE(0, 3)) {
      const end = HEADER_BYTES + rest.readUIntLE(0, 3);
      packets.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    return packets;
  };
}

/** The text of statements as a client sends them, prepared ones too; one for each connection. */
export interface StatementReader {
  /** What a client packet asks the server to do, if it is a statement. */
  fromClient(packet: Buffer): string | undefined;
  /** Must see the server's first packet after a prepare, which carries the number that later executes name. */
  fromServer(chunk: Buffer): void;
}

export function statementReader(): StatementReader {
  const prepared = new Map<number, string>();
  let preparing: string | undefined;
  return {
    fromClient(packet) {
      // packets of the handshake have later sequence numbers; a command starts at 0
      if (packet.length <= HEADER_BYTES || packet[3] !== 0) return undefined;
      preparing = packet[HEADER_BYTES] === COM_STMT_PREPARE ? textOf(packet) : undefined;
      if (packet[HEADER_BYTES] === COM_QUERY) return textOf(packet);
      return packet[HEADER_BYTES] === COM_STMT_EXECUTE ? prepared.get(packet.readUInt32LE(5)) : undefined;
    },
    fromServer(chunk) {
      if (preparing === undefined) return;
      if (chunk.length >= 9 && chunk[HEADER_BYTES] === 0) prepared.set(chunk.readUInt32LE(5), preparing);
      preparing = undefined;
    },
  };
}

function textOf(packet: Buffer): string {
  // clients that send query attributes put a count of none (0, 1) before the text
  const start = packet[5] === 0 && packet[6] === 1 ? 7 : 5;
  return packet.toString('utf8', start);
}
