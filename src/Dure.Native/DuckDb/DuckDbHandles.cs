using System.Runtime.InteropServices;

namespace Dure.Native;

/// <summary>What all of DuckDB's handles have in common: a pointer that its own destroy function takes by reference.</summary>
internal abstract class DuckDbHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected sealed override bool ReleaseHandle()
    {
        Destroy(ref handle);
        return true;
    }

    protected abstract void Destroy(ref nint pointer);
}

internal sealed class DatabaseHandle : DuckDbHandle
{
    protected override void Destroy(ref nint pointer) => DuckDbApi.duckdb_close(ref pointer);
}

internal sealed class ConnectionHandle : DuckDbHandle
{
    protected override void Destroy(ref nint pointer) => DuckDbApi.duckdb_disconnect(ref pointer);
}

internal sealed class ConfigHandle : DuckDbHandle
{
    protected override void Destroy(ref nint pointer) => DuckDbApi.duckdb_destroy_config(ref pointer);
}

internal sealed class PreparedHandle : DuckDbHandle
{
    protected override void Destroy(ref nint pointer) => DuckDbApi.duckdb_destroy_prepare(ref pointer);
}

internal sealed class LogicalTypeHandle : DuckDbHandle
{
    protected override void Destroy(ref nint pointer) => DuckDbApi.duckdb_destroy_logical_type(ref pointer);
}

internal sealed class ChunkHandle : DuckDbHandle
{
    protected override void Destroy(ref nint pointer) => DuckDbApi.duckdb_destroy_data_chunk(ref pointer);
}

internal sealed class AppenderHandle : DuckDbHandle
{
    protected override void Destroy(ref nint pointer) => _ = DuckDbApi.duckdb_appender_destroy(ref pointer);
}

/// <summary>A duckdb_result lives in memory of ours; freeing it frees what DuckDB hung on it.</summary>
internal sealed unsafe class ResultHandle : DuckDbHandle
{
    public ResultHandle() => SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(DuckDbApi.Result)));

    public DuckDbApi.Result* Pointer => (DuckDbApi.Result*)handle;

    protected override void Destroy(ref nint pointer)
    {
        DuckDbApi.duckdb_destroy_result((DuckDbApi.Result*)pointer);
        NativeMemory.Free((void*)pointer);
        pointer = 0;
    }
}
