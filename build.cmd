@echo off
rem Runs a task of build.ps1 in the project's own shell, so that a machine needs nothing but the .NET SDK. Alone: lists the tasks.
setlocal
set "root=%~dp0"
set "shell=%root%output\shell"

where dotnet >nul 2>nul || goto :nosdk
dotnet --list-sdks 2>nul | findstr /r "^[1-9][0-9][0-9]*\." >nul || goto :nosdk

rem Incremental: a moment where nothing has changed. Built apart from the solution: what runs is never what a task is building.
dotnet build "%root%src\Tenants.Shell" --configuration Release --output "%shell%" --nologo --verbosity quiet 1>&2 || exit /b 1

rem "shell" without a script goes on to a prompt.
set "stay="
if /i "%~1"=="shell" if "%~2"=="" set "stay=-NoExit"

dotnet "%shell%\Tenants.Shell.dll" %stay% -File "%root%build.ps1" %*
exit /b %errorlevel%

:nosdk
echo build.cmd needs the .NET SDK 10 or later, and did not find it. Get it from https://dotnet.microsoft.com/download, or put its folder on the PATH. 1>&2
exit /b 69
