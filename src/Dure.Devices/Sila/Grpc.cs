using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Dure.Devices.Sila;

/// <summary>gRPC's status codes.</summary>
public enum GrpcStatus
{
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>A call ended with a status other than OK, or the link to the server failed (<see cref="GrpcStatus.Unavailable"/>).</summary>
public sealed class GrpcException(GrpcStatus status, string message, Exception? cause = null) : IOException(message.Length == 0 ? status.ToString() : $"{status}: {message}", cause)
{
    public GrpcStatus Status { get; } = status;
}

/// <summary>gRPC's framing over HTTP/2: a message is one byte 0 (not compressed), four bytes length, most significant first, and the bytes.</summary>
internal static class Grpc
{
    public const string ContentType = "application/grpc";
    private const int PrefixLength = 5;

    public static byte[] Frame(ReadOnlySpan<byte> message)
    {
        var frame = new byte[PrefixLength + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame.AsSpan(PrefixLength));
        return frame;
    }

    /// <summary>The next message, or null at the end of the stream.</summary>
    /// <exception cref="GrpcException">It is longer than allowed, compressed, or cut off.</exception>
    public static async Task<byte[]?> Read(Stream stream, int maxBytes, CancellationToken cancel)
    {
        var prefix = new byte[PrefixLength];
        var count = await stream.ReadAtLeastAsync(prefix, PrefixLength, throwOnEndOfStream: false, cancel);
        if (count == 0)
            return null;
        if (count < PrefixLength)
            throw new GrpcException(GrpcStatus.Internal, "The stream ends within a message.");
        if (prefix[0] != 0)
            throw new GrpcException(GrpcStatus.Unimplemented, "Compressed messages are not supported.");
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (length > maxBytes)
            throw new GrpcException(GrpcStatus.ResourceExhausted, $"A message has {length} bytes, at most {maxBytes} are taken.");
        var message = new byte[length];
        return await stream.ReadAtLeastAsync(message, (int)length, throwOnEndOfStream: false, cancel) == (int)length ? message : throw new GrpcException(GrpcStatus.Internal, "The stream ends within a message.");
    }

    /// <summary>What grpc-timeout says, such as 100m for 100 milliseconds; null when absent or not understood.</summary>
    public static TimeSpan? Timeout(string? header)
    {
        if (header is not { Length: >= 2 and <= 9 } || !long.TryParse(header.AsSpan(0, header.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return null;
        return header[^1] switch
        {
            'H' => Capped(count * 3600.0),
            'M' => Capped(count * 60.0),
            'S' => Capped(count),
            'm' => Capped(count / 1e3),
            'u' => Capped(count / 1e6),
            'n' => Capped(count / 1e9),
            _ => null,
        };
    }

    private static TimeSpan Capped(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, 24 * 3600)); // a timer takes no more than 49 days

    /// <summary>grpc-message is percent-encoded: all but printable ASCII, and the percent sign itself.</summary>
    public static string EncodeMessage(string message)
    {
        var text = new StringBuilder(message.Length);
        foreach (var b in Encoding.UTF8.GetBytes(message))
        {
            if (b is >= 0x20 and <= 0x7e and not (byte)'%')
                text.Append((char)b);
            else
                text.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }

    public static string DecodeMessage(string message) => Uri.UnescapeDataString(message);
}
