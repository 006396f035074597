-- A project as version 1 of the schema left it; read with sqlite3.Connection.executescript.
CREATE TABLE edits (                   -- append-only: nothing is ever changed or deleted here
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        author TEXT NOT NULL,
        kind TEXT NOT NULL,                -- edit, undo, redo
        text TEXT NOT NULL,
        target INTEGER,                    -- of an undo or redo: the edit it concerns
        changes BLOB,                      -- zlib of packed decision changes
        detail TEXT                        -- JSON: classes and notes, before and after
    ) STRICT;
INSERT INTO "edits" VALUES(1,'2025-01-01T00:00:00Z','ann','edit','',NULL,NULL,'{"classes": [[], [{"id": 1, "name": "hand", "prompts": [], "is_other": false, "colour": "", "key": ""}, {"id": 2, "name": "foot", "prompts": [], "is_other": false, "colour": "", "key": ""}]]}');
INSERT INTO "edits" VALUES(2,'2025-01-01T00:00:00Z','ann','edit','',NULL,X'780163600082FF4000A299184104108368842848048611A230B5CC58D5020009B1100D',NULL);
INSERT INTO "edits" VALUES(3,'2025-01-01T00:00:00Z','ann','edit','',NULL,NULL,'{"notes": {"1": ["", "blurred"], "4": ["", "blurred"]}}');
INSERT INTO "edits" VALUES(4,'2025-01-01T00:00:00Z','ann','edit','',NULL,X'780163650082FF4000A259400C16100B089818410410C34501235C0C0F',NULL);
INSERT INTO "edits" VALUES(5,'2025-01-01T00:00:00Z','ann','edit','',NULL,NULL,'{"notes": {"1": ["blurred", ""], "2": ["", "caf\u00e9"]}}');
INSERT INTO "edits" VALUES(6,'2025-01-01T00:00:00Z','ann','undo','',5,NULL,'{"notes": {"1": ["", "blurred"], "2": ["caf\u00e9", ""]}}');
CREATE TABLE groups (image_id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
INSERT INTO "groups" VALUES(1,'p7');
CREATE TABLE images (
        id INTEGER PRIMARY KEY,            -- row number, dense from 0, row of every array
        path BLOB NOT NULL,                -- os.fsencode: a name need not be UTF-8
        frame INTEGER NOT NULL,
        size INTEGER NOT NULL,             -- bytes
        mtime_ns INTEGER NOT NULL,
        sha256 BLOB NOT NULL DEFAULT x'',  -- empty until the image was read
        width INTEGER NOT NULL DEFAULT 0,
        height INTEGER NOT NULL DEFAULT 0,
        grey INTEGER NOT NULL DEFAULT 0,
        error TEXT NOT NULL DEFAULT '',
        missing INTEGER NOT NULL DEFAULT 0
    ) STRICT;
INSERT INTO "images" VALUES(0,X'302E706E67',0,10,20,X'0101010101010101010101010101010101010101010101010101010101010101',4,3,1,'',0);
INSERT INTO "images" VALUES(1,X'312E706E67',0,10,20,X'0101010101010101010101010101010101010101010101010101010101010101',4,3,1,'',0);
INSERT INTO "images" VALUES(2,X'322E706E67',0,10,20,X'',4,3,1,'',0);
INSERT INTO "images" VALUES(3,X'332E706E67',0,10,20,X'',4,3,1,'',0);
INSERT INTO "images" VALUES(4,X'342E706E67',0,10,20,X'',4,3,1,'',0);
INSERT INTO "images" VALUES(5,X'352E706E67',0,10,20,X'',4,3,1,'',0);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "meta" VALUES('source','/images/of/v1');
INSERT INTO "meta" VALUES('kind','folder');
CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,                -- zero-shot, imported, predicted, refinement
        created_at TEXT NOT NULL,
        class_ids TEXT NOT NULL,           -- JSON, columns of the probabilities
        params TEXT NOT NULL,
        metrics TEXT NOT NULL DEFAULT '{}',
        parent INTEGER REFERENCES runs(id),
        finished INTEGER NOT NULL DEFAULT 0,
        delivers INTEGER NOT NULL DEFAULT 1,
        note TEXT NOT NULL DEFAULT ''
    ) STRICT;
INSERT INTO "runs" VALUES(1,'imported','2025-01-01T00:00:00Z','[1, 2]','{}','{"seconds": 1.5}',NULL,1,1,'');
INSERT INTO "runs" VALUES(2,'refinement','2025-01-01T00:00:01Z','[1, 2]','{"seed": 3}','{}',1,0,1,'');
CREATE TABLE snapshots (edit_id INTEGER PRIMARY KEY, decisions BLOB NOT NULL, detail TEXT NOT NULL) STRICT;
INSERT INTO "snapshots" VALUES(4,X'780163F90F042C0C0C0C4C4C20028419610C980803480D50908105A6180029300C16','{"classes": [{"id": 1, "name": "hand", "prompts": [], "is_other": false, "colour": "", "key": ""}, {"id": 2, "name": "foot", "prompts": [], "is_other": false, "colour": "", "key": ""}], "notes": {"1": "blurred", "4": "blurred"}}');
CREATE TABLE truth (image_id INTEGER PRIMARY KEY, class_id INTEGER NOT NULL) STRICT;
INSERT INTO "truth" VALUES(0,1);
PRAGMA user_version=1;
