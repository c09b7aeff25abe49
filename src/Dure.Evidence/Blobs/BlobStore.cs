using System.Security.Cryptography;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>
/// Immutable files named by the SHA-256 of their content, in folders by the name's first two digits. A blob is there
/// completely or not at all; putting one that is there already does nothing.
/// </summary>
public sealed class BlobStore
{
    private const int BufferSize = 128 * 1024;
    private const string IncomingFolder = "incoming";

    private readonly string folder, incoming;

    private BlobStore(string folder)
    {
        this.folder = folder;
        incoming = Path.Combine(folder, IncomingFolder);
    }

    /// <summary>Opens the store, making the folder when needed and deleting what an interrupted put left behind.</summary>
    public static BlobStore Open(string folder)
    {
        var store = new BlobStore(Path.GetFullPath(folder));
        Directory.CreateDirectory(store.incoming);
        foreach (var leftover in Directory.EnumerateFiles(store.incoming, "*" + DurableFile.TemporarySuffix))
            File.Delete(leftover);
        return store;
    }

    public bool Has(ContentHash hash) => File.Exists(PathOf(hash));

    /// <summary>Where the blob lies, or would lie.</summary>
    public string PathOf(ContentHash hash)
    {
        var name = hash.Hex;
        return Path.Combine(folder, name[..2], name);
    }

    /// <summary>Keeps the stream's content; durable on return. Memory use does not depend on its length.</summary>
    public async Task<ContentHash> Put(Stream content, CancellationToken cancel)
    {
        var temporary = NewTemporary();
        try
        {
            ContentHash hash;
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
            {
                hash = await CopyHashed(content, file, cancel);
                if (Has(hash))
                    return hash;
                file.Flush(flushToDisk: true);
            }
            Publish(temporary, hash);
            return hash;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Keeps the bytes; durable on return.</summary>
    public ContentHash Put(ReadOnlySpan<byte> content)
    {
        var hash = ContentHash.Of(content);
        if (Has(hash))
            return hash;
        var temporary = NewTemporary();
        try
        {
            using (var handle = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.Write(handle, content, 0);
                RandomAccess.FlushToDisk(handle);
            }
            Publish(temporary, hash);
            return hash;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Takes a file of the same disk in by moving it; durable on return. Nothing is read: whoever calls has hashed it.</summary>
    /// <param name="file">The file; it is gone afterwards.</param>
    /// <param name="hash">The hash of its content.</param>
    public void Adopt(string file, ContentHash hash)
    {
        if (Has(hash))
            File.Delete(file);
        else
            Publish(file, hash);
    }

    /// <summary>Opens a blob for reading. The bytes are not checked on the way: use <see cref="Read"/> or hash them.</summary>
    public Stream OpenRead(ContentHash hash)
    {
        try
        {
            return new FileStream(PathOf(hash), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferSize);
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ProblemException("urn:dure:evidence:unknown-blob", $"There is no blob {hash}.", PathOf(hash),
                "Check the hash, or fetch the blob from the node that made it.", cause);
        }
    }

    /// <summary>A whole blob, at most <paramref name="maxBytes"/> long, its hash checked.</summary>
    public byte[] Read(ContentHash hash, long maxBytes)
    {
        using var stream = OpenRead(hash);
        if (stream.Length > maxBytes)
            throw new ProblemException("urn:dure:evidence:blob-too-large", $"The blob has {stream.Length} bytes; {maxBytes} are expected at most.", PathOf(hash),
                "Read it as a stream, or check that the right blob is named.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        var actual = ContentHash.Of(content);
        if (actual != hash)
            throw new ProblemException("urn:dure:evidence:damaged-blob", $"The blob should hash to {hash} and hashes to {actual}.", PathOf(hash),
                "Restore the file from a copy; its content has changed on the disk.");
        return content;
    }

    private string NewTemporary() => Path.Combine(incoming, Guid.NewGuid().ToString("N") + DurableFile.TemporarySuffix);

    private void Publish(string temporary, ContentHash hash)
    {
        var path = PathOf(hash);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // a blob's path always has a folder
        DurableFile.Publish(temporary, path);
    }

    private static async Task<ContentHash> CopyHashed(Stream content, FileStream file, CancellationToken cancel)
    {
        using var hasher = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferSize];
        while (await content.ReadAsync(buffer, cancel) is var read and > 0)
        {
            hasher.AppendData(buffer.AsSpan(0, read));
            await file.WriteAsync(buffer.AsMemory(0, read), cancel);
        }
        return new ContentHash(hasher.GetHashAndReset());
    }
}
