-- One database each: draft, live, the preview and the publisher never share one.
CREATE DATABASE draft;
CREATE DATABASE live;
CREATE DATABASE preview;
CREATE DATABASE publisher;
